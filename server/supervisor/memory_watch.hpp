#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace davit::supervisor {

// What is said of one dyno's memory against its quota, in the vendor's lines. Pure.
class MemoryWatch {
 public:
  explicit MemoryWatch(std::uint64_t quota) : quota_(quota) {}  // 0: none, nothing is ever said

  // The quota that the dyno was started with, which may be another than its size has now.
  void set_quota(std::uint64_t quota) { quota_ = quota; }
  // R14 while the dyno is above its quota: at once, then every 20 s.
  std::vector<std::string> used(std::uint64_t bytes, SteadyTime now);
  void saw_peak(std::uint64_t bytes) { most_ = std::max(most_, bytes); }
  // R15: the kernel killed it for memory. The most that was seen is all that is left to tell.
  std::vector<std::string> killed() const;
  bool over() const { return over_; }
  std::uint64_t last_bytes() const { return bytes_; }

 private:
  std::string reading(std::uint64_t bytes) const;

  std::uint64_t quota_;
  std::uint64_t bytes_ = 0;
  std::uint64_t most_ = 0;
  bool over_ = false;
  std::optional<SteadyTime> said_;
};

}  // namespace davit::supervisor
