#pragma once
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "store/records.hpp"

// What to do next for one app: a pure function of what should be and what is. The supervisor calls it after every
// event and performs what it says; calling it again with nothing changed says nothing new. No state hides between
// calls, so a davitd that was killed half way through a switch goes on where it was.
namespace davit::supervisor {

// What should run.
struct Desired {
  ReleaseId release;                       // current release
  std::map<ProcessType, std::uint32_t> quantity;  // of types that the release has a command for; 0 entries allowed
};

enum class Phase {
  starting,  // launched, or being launched; not up yet
  up,        // web: listens; others: the command runs
  stopping,  // SIGTERM sent
};

// One instance that exists.
struct Instance {
  DynoId id;
  DynoName name;
  ReleaseId release;
  Phase phase = Phase::starting;
  WallTime created_at;      // newest wins where two hold one slot
  SteadyTime started;       // of this phase's boot deadline
  bool replace = false;     // a restart was asked for: keep serving until a newer one is up
  bool drained = false;     // the router said that nothing runs on it any more
  std::optional<SteadyTime> draining_since;
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
  std::chrono::milliseconds boot{60'000};   // R10
  std::chrono::milliseconds drain{30'000};  // in-flight requests of a dyno that leaves the table
};

enum class WebState { serving, starting, crashed };

struct Plan {
  std::vector<DynoName> start;
  std::vector<DynoId> stop;          // SIGTERM now
  std::vector<DynoId> boot_timeout;  // R10: kill now
  std::vector<DynoId> drain;         // leaves the table with this plan; note the time
  std::vector<DynoId> serve;         // web dynos that belong in the route table, by name
  WebState web = WebState::serving;  // matters where serve is empty
  std::optional<SteadyTime> wake_at; // look again then, at the latest
};

inline constexpr const char* web_type = "web";

Plan make_plan(const Situation& situation, const Timeouts& timeouts);

}  // namespace davit::supervisor
