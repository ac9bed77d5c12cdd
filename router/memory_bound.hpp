#pragma once
#include <cstdint>
#include <vector>

#include "base/cgroup_mounts.hpp"

namespace davit::router {

// The least memory limit, in bytes, of our own cgroup and those that it lies in: memory.max (v2) or
// memory.limit_in_bytes (v1). Without one, or where they cannot be read: the largest number. Reads
// files.
std::uint64_t cgroup_memory_max(const std::vector<CgroupMount>& mounts);

}  // namespace davit::router
