#pragma once
#include <cstdint>

namespace davit::router {

// How much one router takes on at once, over all threads. What it is made of bounds the router's
// memory (docs/router.md has the formula).
struct Capacity {
  std::uint32_t connections = 0;  // of clients
  std::uint32_t requests = 0;     // in flight or waiting for a dyno

  // What this machine bears, in place of each 0 of `wanted`.
  struct Machine {
    std::uint64_t descriptors;   // that this process may have
    std::uint64_t memory_bytes;  // of the machine, or of our cgroup where that is less
    std::uint64_t threads;       // that serve
  };
  static Capacity of(const Machine& machine, Capacity wanted);
  static Machine this_machine(std::uint64_t threads);
  // One thread's share, rounded up. The kernel spreads connections evenly over threads.
  Capacity share(std::uint64_t threads) const;

  bool operator==(const Capacity&) const = default;
};

}  // namespace davit::router
