#include "router/capacity.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/cgroup_mounts.hpp"
#include "router/limits.hpp"
#include "router/memory_bound.hpp"

namespace davit::router {
namespace {

std::uint32_t share_of(std::uint32_t all, std::uint64_t threads) {
  return static_cast<std::uint32_t>((all + threads - 1) / threads);
}

}  // namespace

Capacity Capacity::of(const Machine& machine, Capacity wanted) {
  // What is not a client's: listening sockets, epoll, the control channel, doors of dynos.
  const std::uint64_t own =
      limits::own_descriptors + limits::own_descriptors_per_thread * machine.threads;
  const std::uint64_t free = machine.descriptors > own ? machine.descriptors - own : 0;
  // Three of four are clients', the others lead to dynos: most clients are idle.
  const std::uint64_t by_descriptors = free / 4 * 3;
  const std::uint64_t by_memory = machine.memory_bytes / 4 / limits::connection_bytes;
  const auto clamped = [](std::uint64_t value, std::uint64_t min, std::uint64_t max) {
    return static_cast<std::uint32_t>(std::clamp(value, min, max));
  };
  Capacity settled = wanted;
  if (settled.connections == 0) {
    settled.connections = clamped(std::min(by_descriptors, by_memory), limits::connections_min,
                                  limits::connections_max);
  }
  if (settled.requests == 0) {
    settled.requests = clamped(machine.memory_bytes / 2 / limits::request_bytes,
                               limits::requests_min, limits::requests_max);
  }
  return settled;
}

Capacity::Machine Capacity::this_machine(std::uint64_t threads) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) files.rlim_cur = 1024;
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::uint64_t memory =
      static_cast<std::uint64_t>(std::max(pages, 0l)) * static_cast<std::uint64_t>(page_bytes);
  // In a container, or a unit with MemoryMax=, the kernel ends us long before the machine is full.
  const auto mounts = cgroup_mounts();
  const std::uint64_t allowed = mounts ? cgroup_memory_max(*mounts) : memory;
  return {files.rlim_cur, std::min(memory, allowed), threads};
}

Capacity Capacity::share(std::uint64_t threads) const {
  return {share_of(connections, threads), share_of(requests, threads)};
}

}  // namespace davit::router
