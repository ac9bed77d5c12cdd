#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "server/supervisor/plan.hpp"
#include "store/records.hpp"

namespace davit::supervisor {

// Whether an app's web dynos sleep, since when and how. Pure; its owner does what follows and
// stores what changes.
class Sleeper {
 public:
  bool asleep() const { return sleep_.has_value(); }
  bool stopped() const { return sleep_ && sleep_->stopped; }
  WallTime since() const { return since_; }
  // For the plan.
  const std::optional<Sleep>& sleep() const { return sleep_; }

  // They leave the table, and are frozen once they are drained; after so long frozen they are
  // stopped.
  void fall_asleep(SteadyTime now, WallTime wall, std::chrono::milliseconds stop_after);
  void stop();  // they are to be stopped instead, or from now on
  void wake();

  // What an earlier davitd stored.
  void restore(const store::SleepRecord& record, SteadyTime now, WallTime wall,
               std::chrono::milliseconds stop_after);
  // What must be stored, since the last call: a record, or none any more (nullopt inside).
  struct Change {
    std::optional<store::SleepRecord> record;
  };
  std::optional<Change> take_change(const AppId& app, const ReleaseId& release);

 private:
  std::optional<Sleep> sleep_;
  WallTime since_;
  bool changed_ = false;
};

}  // namespace davit::supervisor
