#pragma once
#include <chrono>
#include <cstdint>

namespace davit::supervisor {

// When a crashed dyno starts again: the first time at once, then ever later, so that one broken app does not take the
// machine's CPU from the others. A release resets it, and so do ten healthy minutes.
struct RestartPolicy {
  std::chrono::milliseconds first_delay{2'000};  // before the second restart; doubles from there
  std::chrono::milliseconds delay_max{std::chrono::minutes(5)};
  std::chrono::milliseconds healthy_after{std::chrono::minutes(10)};

  // crashes: in a row, including the one that just happened (>= 1). jitter in [0, 1) spreads dynos that died together:
  // the delay is shortened by up to a quarter.
  std::chrono::milliseconds delay(std::uint32_t crashes, double jitter) const;
  // Crashes in a row after another one, which came `ran` after its start.
  std::uint32_t count(std::uint32_t crashes_before, std::chrono::milliseconds ran) const;
};

}  // namespace davit::supervisor
