#pragma once
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "router/limits.hpp"

namespace davit::router {

// Something that an attack makes happen thousands of times a second: told once, and then at most
// every limits::complaint_pause, with how often it was. Pure. One thread.
class Complaint {
 public:
  // How often since it was told last, where it is time to tell.
  std::optional<std::uint64_t> happened(SteadyTime now) {
    ++times_;
    if (now < next_) return std::nullopt;
    next_ = now + limits::complaint_pause;
    return std::exchange(times_, 0);
  }

 private:
  std::uint64_t times_ = 0;
  SteadyTime next_ = SteadyTime::min();
};

}  // namespace davit::router
