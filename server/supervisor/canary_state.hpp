#pragma once
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "server/meter.hpp"
#include "server/supervisor/canary.hpp"
#include "server/supervisor/plan.hpp"
#include "server/supervisor/runnable.hpp"
#include "server/supervisor/supervisor.hpp"
#include "store/records.hpp"

namespace davit::supervisor {

// One app's canary from its beginning to its end, and what became of the one before. What serves
// and how it ended is the store's word alone: a failure seen here is first of all a wish, and a
// canary that was promoted in the same moment has not failed. Pure; its owner loads, stores and
// tells.
class CanaryState {
 public:
  struct Now {
    SteadyTime steady;
    WallTime wall;
  };

  // After each look into the store: the one that serves now, and the row of the one known until now
  // where that is another or none (nullopt: the row has gone, too). true: another one begins.
  bool adopt(std::optional<Runnable> serving, const std::optional<store::Release>& before);
  void set_rules(const store::CanaryRecord& rules) { rules_ = rules; }

  bool exists() const { return now_.has_value(); }
  bool is(const ReleaseId& release) const { return now_ && now_->runnable.release.id == release; }
  std::optional<ReleaseId> id() const;
  const Runnable* runnable() const { return now_ ? &now_->runnable : nullptr; }  // until adopt()
  std::uint32_t percent() const { return rules_.percent; }
  bool sound() const { return now_ && now_->watch.failure().empty(); }

  // What should run of it beside so many wanted web dynos. From its failure on nothing, whether its
  // end could be stored or not.
  struct Beside {
    std::uint32_t dynos = 0;
    std::string size;
  };
  std::optional<Canary> target(Beside beside, const Now& now) const;

  void crashed(const DynoName& name, const std::string& reason);
  // Of a web dyno. `strangers`: another release's dyno still has a canary's name (the one before
  // this drains), so that nobody knows whose requests these were. true: it has failed by that.
  bool served(const TrafficFact& traffic, bool strangers, SteadyTime now);

  // Its end, to be stored now: empty: none is due. It stays due until adopt() brings another state.
  std::string due_failure(SteadyTime now) const;
  bool may_promote(SteadyTime now) const { return sound() && now >= retry_at_; }
  void not_stored(SteadyTime now);                           // tried again later, ever more seldom
  std::optional<SteadyTime> retry_at(SteadyTime now) const;  // of what could not be stored

  // What became of one that serves no more: crashed with the reason if it was taken back, else
  // pending: it was promoted, or is unknown.
  BootView ended(const ReleaseId& release) const;

 private:
  struct Serving {
    Runnable runnable;
    CanaryWatch watch;
    SteadyTime strangers_at{};  // when another release's dynos last had its names
  };
  void remember_end(const std::optional<store::Release>& row);

  std::optional<Serving> now_;
  store::CanaryRecord rules_;
  ReleaseId last_;  // the one before, if it was taken back
  std::string last_failure_;
  SteadyTime retry_at_{};
  std::chrono::milliseconds retry_pause_{0};  // 0: nothing failed to be stored
};

}  // namespace davit::supervisor
