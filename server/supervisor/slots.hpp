#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "server/supervisor/plan.hpp"
#include "server/supervisor/restart_policy.hpp"
#include "store/records.hpp"

namespace davit::supervisor {

// What is remembered of the slots of one app's formation (web.1) that crashed or were stopped: when
// each may start again, and what people are told. Pure; its owner stores what take_changes() names.
class Slots {
 public:
  explicit Slots(RestartPolicy policy = {}) : policy_(policy) {}

  struct State {
    bool stopped = false;
    std::uint32_t crashes = 0;  // in a row
    std::optional<SteadyTime> not_before;
    std::optional<WallTime> retry_at;  // not_before for people
    WallTime since;
    std::string reason;
  };
  struct Now {
    SteadyTime steady;
    WallTime wall;
  };
  struct Crash {
    std::string reason;
    std::chrono::milliseconds ran{0};
    double jitter = 0;            // [0, 1)
    std::uint32_t formation = 0;  // dynos that the app wants in all
  };

  const State& crashed(const DynoName& name, const Crash& crash, const Now& now);
  void stop(const DynoName& name, const Now& now);
  void forget(const DynoName& name);  // a restart, or scaled away
  void forget_all();                  // a release

  const std::map<DynoName, State>& all() const { return slots_; }
  const State* find(const DynoName& name) const;

  // What an earlier davitd stored; records of another release are void.
  void restore(const std::vector<store::SlotRecord>& records, const ReleaseId& release,
               const Now& now);
  // Names whose record must be written or, where find() has none, removed. Empties the list.
  std::set<DynoName> take_changes() { return std::exchange(changed_, {}); }
  store::SlotRecord record(const DynoName& name, const AppId& app, const ReleaseId& release) const;

 private:
  RestartPolicy policy_;
  RestartBudget budget_;
  std::map<DynoName, State> slots_;
  std::set<DynoName> changed_;
};

}  // namespace davit::supervisor
