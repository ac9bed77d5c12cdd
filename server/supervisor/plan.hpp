#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "server/supervisor/limits.hpp"

// What to do next for one app: a pure function of what should be and what is. The supervisor calls
// it after every event and performs what it says; calling it again with nothing changed says
// nothing new. No state hides between calls, so a davitd that was killed half way through a switch
// goes on where it was.
namespace davit::supervisor {

// What should run of one type.
struct TypeTarget {
  std::uint32_t quantity = 0;
  std::string size;               // a dyno of another size is replaced
  std::uint32_t surge = 0;        // slots that may hold two dynos at once; see rollout.hpp
  std::uint32_t unavailable = 0;  // wanted slots that may be without a dyno that is up
};
using TypeTargets = std::map<ProcessType, TypeTarget>;  // quantity 0 allowed

// A release that must prove itself first: its dynos start beside the current ones and serve nobody.
struct Trial {
  ReleaseId release;
  TypeTargets types;    // those that are tried
  bool canary = false;  // under a canary's names: that is what it will be
};

// The web dynos rest: none serves, and the router holds requests until its owner hears of them.
struct Sleep {
  bool stopped = false;  // they are to be stopped; else frozen once nothing runs on them
  SteadyTime since;      // they left the table
  SteadyTime stop_at;    // frozen ones are stopped then
};

// A release that serves a share of the requests beside the current one (canary.hpp). It has web
// dynos alone, which are no part of the formation.
struct Canary {
  ReleaseId release;
  std::uint32_t quantity = 0;
  std::string size;
  std::optional<SteadyTime> promote_at;
};

struct Desired {
  ReleaseId release;  // current release
  TypeTargets types;  // that the release has a command for
  std::optional<Trial> trial;
  std::optional<Canary> canary;
  std::optional<Sleep> sleep;
};

enum class Phase {
  starting,  // launched, or being launched; not up yet
  up,        // web: listens and passed its start check; others: the command runs
  stopping,  // SIGTERM sent
};

// One instance that exists.
struct Instance {
  DynoId id;
  DynoName name;
  ReleaseId release;
  std::string size;
  Phase phase = Phase::starting;
  WallTime created_at;     // newest wins where two hold one slot
  SteadyTime started;      // of this phase's boot deadline
  bool listening = false;  // while starting: the boot deadline is met, its start check runs
  bool dying = false;      // killed; its slot waits the moment until it is gone
  bool outgoing = false;   // a restart was asked for: keep serving until a newer one is up
  bool untried = false;    // of a release that is no current one yet, or failed to become one
  bool served = false;     // the router may know it
  bool frozen = false;     // or about to be
  bool drained = false;    // the router said that nothing runs on it any more
  std::optional<SteadyTime> draining_since;
  std::optional<SteadyTime> cycle_at;  // daily cycling: replace it then
};

// A slot (web.1) that must wait before its next start, or was stopped by its owner.
struct Slot {
  std::optional<SteadyTime> not_before;
  bool stopped = false;  // until the next restart
};

struct Situation {
  Desired desired;
  std::vector<Instance> instances;
  std::map<DynoName, Slot> slots;
  SteadyTime now;
};

struct Timeouts {
  std::chrono::milliseconds boot = davit::limits::boot_timeout;  // R10
  std::chrono::milliseconds drain = limits::drain_timeout;
  std::chrono::milliseconds stop_grace = davit::limits::stop_grace;  // R12
};

enum class WebState { serving, starting, crashed, asleep };

struct Plan {
  std::vector<DynoName> start;
  std::vector<DynoName> start_trial;
  std::vector<DynoName> start_canary;
  std::vector<DynoId> stop;           // SIGTERM now
  std::vector<DynoId> boot_timeout;   // R10: kill now
  std::vector<DynoId> drain;          // leaves the table with this plan; note the time
  std::vector<DynoId> cycle;          // mark as outgoing and plan again
  std::vector<DynoId> serve;          // web dynos that belong in the route table, by name
  std::vector<DynoId> canaries;       // those of `serve` that get the canary's share
  bool promote_canary = false;        // its time has come, and all of its dynos are up
  WebState web = WebState::serving;   // matters where serve is empty
  std::vector<DynoId> freeze;         // sleep: nothing runs on them any more
  bool sleep_stops = false;           // sleep: from now on its dynos are stopped
  bool sleep_fails = false;           // sleep: requests do not end; wake
  std::optional<SteadyTime> wake_at;  // look again then, at the latest
};

inline constexpr const char* web_type = "web";
// Runs once for each release and is no part of the formation.
inline constexpr const char* release_type = "release";

Plan make_plan(const Situation& situation, const Timeouts& timeouts);

}  // namespace davit::supervisor
