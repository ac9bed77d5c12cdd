#include "server/supervisor/restart_policy.hpp"

#include <algorithm>

namespace davit::supervisor {

std::chrono::milliseconds RestartPolicy::delay(std::uint32_t crashes, double jitter) const {
  if (crashes <= 1) return std::chrono::milliseconds(0);
  const std::uint32_t doublings = std::min<std::uint32_t>(crashes - 2, 20);
  const auto full = std::min(delay_max, first_delay * (1 << doublings));
  return full - std::chrono::duration_cast<std::chrono::milliseconds>(full * (jitter / 4));
}

std::uint32_t RestartPolicy::count(std::uint32_t crashes_before,
                                   std::chrono::milliseconds ran) const {
  return ran >= healthy_after ? 1 : crashes_before + 1;
}

SteadyTime RestartBudget::take(SteadyTime now, std::uint32_t burst) {
  full_again_ = std::max(full_again_, now) + interval_;
  // A debt of the whole burst is free; what is beyond waits until it has leaked away.
  return std::max(now, full_again_ - interval_ * burst);
}

}  // namespace davit::supervisor
