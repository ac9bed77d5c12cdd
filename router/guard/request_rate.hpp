#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace davit::router::guard {

// A token bucket in one number, the time at which it would be full again (the generic cell rate
// algorithm, ITU-T I.371 annex A): a request moves it on by what one token takes to come back. Any
// thread, without a lock.
class RequestRate {
 public:
  RequestRate(std::uint32_t per_second, std::uint32_t burst)
      : each_(std::chrono::nanoseconds(std::chrono::seconds(1)).count() / per_second),
        all_(each_ * burst) {}

  // Takes a token. Otherwise: how long until there is one.
  std::optional<std::chrono::nanoseconds> refuse(std::atomic<std::int64_t>& full_at,
                                                 SteadyTime now) const {
    const std::int64_t present = to_nanos(now);
    std::int64_t was = full_at.load(std::memory_order_relaxed);
    for (;;) {
      const std::int64_t next = std::max(was, present) + each_;
      if (next - present > all_) return std::chrono::nanoseconds(next - present - all_);
      if (full_at.compare_exchange_weak(was, next, std::memory_order_relaxed)) return std::nullopt;
    }
  }
  static std::int64_t to_nanos(SteadyTime time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  }

 private:
  std::int64_t each_;  // nanoseconds that a token takes to come back
  std::int64_t all_;
};

}  // namespace davit::router::guard
