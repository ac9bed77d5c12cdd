#pragma once
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::supervisor {

// When a crashed dyno starts again: the first time at once, then ever later, so that one broken app
// does not take the machine's CPU from the others. A release resets it, and so do ten healthy
// minutes.
struct RestartPolicy {
  std::chrono::milliseconds first_delay =
      limits::first_restart_delay;  // before the second restart; doubles from there
  std::chrono::milliseconds delay_max = limits::restart_delay_max;
  std::chrono::milliseconds healthy_after = limits::healthy_after;

  // crashes: in a row, including the one that just happened (>= 1). jitter in [0, 1) spreads dynos
  // that died together: the delay is shortened by up to a quarter.
  std::chrono::milliseconds delay(std::uint32_t crashes, double jitter) const;
  // Crashes in a row after another one, which came `ran` after its start.
  std::uint32_t count(std::uint32_t crashes_before, std::chrono::milliseconds ran) const;
};

// What all crashed dynos of one app may take together: a burst, then one restart per interval. A
// leaky bucket: it needs no timer.
class RestartBudget {
 public:
  explicit RestartBudget(std::chrono::milliseconds interval = limits::crash_restart_interval)
      : interval_(interval) {}
  // The earliest time, `now` or later, at which a restart may take place; it is spent with the
  // call.
  SteadyTime take(SteadyTime now, std::uint32_t burst);
  void reset() { full_again_ = {}; }

 private:
  std::chrono::milliseconds interval_;
  SteadyTime full_again_{};  // when the whole burst will be there again
};

}  // namespace davit::supervisor
