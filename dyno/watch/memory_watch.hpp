#pragma once
#include <chrono>
#include <optional>

#include "dyno/protocol/spec.hpp"
#include "dyno/sandbox.hpp"
#include "dyno/watch/breach.hpp"

namespace davit::dyno {

// Where no cgroup limits memory: adds up what the dyno's processes hold, and says when it is over
// what a cgroup would allow. It comes late for a bomb, which RLIMIT_DATA slows down; see
// docs/security.md.
class MemoryWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // spec and sandbox must outlive it.
  MemoryWatch(const Spec& spec, const Sandbox& sandbox, Time now);

  Time due() const { return due_; }
  std::optional<Breach> look(Time now);

 private:
  const Spec& spec_;
  const Sandbox& sandbox_;
  Time due_;
};

}  // namespace davit::dyno
