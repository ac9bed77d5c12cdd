#pragma once
#include <chrono>
#include <optional>

#include "dyno/sandbox.hpp"

namespace davit::dyno {

// Freezes and thaws a dyno and knows when it is so: the kernel stops processes one by one.
class Freezer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Freezer(const Sandbox& sandbox) : sandbox_(&sandbox) {}  // which must outlive it

  void freeze(Time now);
  void thaw();
  // At due(), and when events_fd() is ready.
  void look(Time now);
  std::optional<Time> due() const { return due_; }
  // Its readiness (POLLPRI) is quiet only after a look, so it counts only while one waits for it.
  int events_fd() const { return due_ ? sandbox_->cgroup().events_fd() : -1; }

  bool frozen() const { return frozen_; }
  unsigned answers() const { return answers_; }  // grows with each change and each refusal

 private:
  void answer(bool frozen);

  const Sandbox* sandbox_;
  bool wanted_ = false;
  bool frozen_ = false;
  unsigned answers_ = 0;
  std::optional<Time> due_;  // while it is being frozen
  Time give_up_at_;
};

}  // namespace davit::dyno
