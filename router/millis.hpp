#pragma once
#include <cstdint>

#include "base/clock.hpp"

namespace davit::router {

// As the access log has times.
inline std::int64_t millis_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

}  // namespace davit::router
