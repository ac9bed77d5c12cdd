#pragma once
#include <chrono>
#include <optional>

#include "dyno/protocol/spec.hpp"
#include "dyno/sandbox.hpp"
#include "dyno/watch/breach.hpp"
#include "dyno/watch/disk_walk.hpp"

namespace davit::dyno {

// Measures the writable layer of a dyno: everything below its scratch folder
// and what is mounted to be written, and files that have
// no name any more but are still open. Looks are spaced so that they take a twentieth of one CPU at
// most, and are left out while the dyno does not run.
class DiskWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // spec and sandbox must outlive it.
  DiskWatch(const Spec& spec, const Sandbox& sandbox, Time now);

  Time due() const { return due_; }
  // A slice of a look. Once over the limit it says so.
  std::optional<Breach> look(Time now);
  std::uint64_t bytes() const { return bytes_; }  // as of the last whole look

 private:
  bool idle();
  std::optional<Breach> judge();
  void measure_copies();

  const Spec& spec_;
  const Sandbox& sandbox_;
  Time due_;
  std::optional<DiskWalk> walk_;
  std::chrono::nanoseconds spent_{0};
  std::uint64_t bytes_ = 0;
  std::optional<std::uint64_t> copied_;  // what slugs take that are copies in scratch, not mounts
  std::uint64_t cpu_micros_ = 0;
  int idle_looks_ = 0;
};

}  // namespace davit::dyno
