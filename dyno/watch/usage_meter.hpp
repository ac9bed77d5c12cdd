#pragma once
#include "dyno/protocol/usage.hpp"
#include "dyno/sandbox.hpp"

namespace davit::dyno {

// What the dyno's cgroups tell now; where there is none for a thing, what its processes tell. Some
// ten small reads. Quotas and the disk are the caller's to fill in.
Usage measure_usage(const Sandbox& sandbox);

// CPU time of the dyno so far; nullopt where no cgroup tells it cheaply.
std::optional<std::uint64_t> cpu_micros(const Cgroup& cgroup);

}  // namespace davit::dyno
