#pragma once
#include <cstdint>

#include "base/unique_fd.hpp"
#include "dyno/cgroup/cgroup.hpp"

namespace davit::dyno {

// Tells that the kernel is about to kill, or has killed, processes of this dyno because its memory
// ran out. v2: memory.events, after the kill. v1: memory.oom_control, just before it.
class OomWatch {
 public:
  OomWatch() = default;
  explicit OomWatch(const Cgroup& cgroup);

  int fd() const { return notice_.get(); }  // -1: no memory cgroup, or it gives no notice
  short events() const;                     // of poll(2)
  void quiet() const;                       // after poll(2) found fd() ready

 private:
  bool v2_ = false;
  UniqueFd control_;  // v1: memory.oom_control
  UniqueFd notice_;
};

// Processes that the kernel has killed for this dyno's memory.
std::uint64_t oom_kills(const Cgroup& cgroup);

}  // namespace davit::dyno
