#include "router/h2/flood_guard.hpp"

#include <algorithm>

#include "router/limits.hpp"

namespace davit::router::h2 {

FloodGuard::FloodGuard(SteadyTime now)
    : resets_{limits::h2_resets_burst, now}, controls_{limits::h2_controls_burst, now} {}

bool FloodGuard::Bucket::take(SteadyTime now, double rate, double burst) {
  const std::chrono::duration<double> passed = now - at;
  at = now;
  tokens = std::min(burst, tokens + passed.count() * rate);
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

bool FloodGuard::on_reset(SteadyTime now) {
  return resets_.take(now, limits::h2_resets_per_second, limits::h2_resets_burst);
}

bool FloodGuard::on_control(SteadyTime now) {
  return controls_.take(now, limits::h2_controls_per_second, limits::h2_controls_burst);
}

void FloodGuard::on_data() {
  controls_.tokens =
      std::min<double>(limits::h2_controls_burst, controls_.tokens + limits::h2_controls_per_data);
}

}  // namespace davit::router::h2
