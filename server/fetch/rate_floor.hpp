#pragma once
#include <chrono>
#include <cstddef>

#include "base/clock.hpp"

namespace davit::fetch {

// Who sends a byte now and then holds a thread for as long as somebody that sends: asks for so much
// in each window. Judged at a window's end only, so that a server may think for a while. Pure.
class RateFloor {
 public:
  RateFloor(std::size_t bytes_per_second, std::chrono::seconds window, SteadyTime now)
      : window_(window),
        bytes_min_(bytes_per_second * static_cast<std::size_t>(window.count())),
        begin_(now) {}

  // Bytes came; false: too few in the window that ended.
  bool take(std::size_t bytes, SteadyTime now) {
    bytes_ += bytes;
    if (now - begin_ < window_) return true;
    const bool enough = bytes_ >= bytes_min_;
    begin_ = now;
    bytes_ = 0;
    return enough;
  }

 private:
  std::chrono::seconds window_;
  std::size_t bytes_min_;
  SteadyTime begin_;
  std::size_t bytes_ = 0;
};

}  // namespace davit::fetch
