#pragma once
#include <chrono>
#include <cstdint>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "dyno/protocol/messages.hpp"
#include "dyno/protocol/spec.hpp"
#include "dyno/protocol/usage.hpp"

namespace davit::build {

// What one build may take of the box, [build] of davit.toml. On by default: a build must not
// starve the apps that run.
struct BuildLimits {
  std::uint64_t memory_bytes = 2048ull * 1024 * 1024;  // of all its processes; 0: none
  std::uint32_t cpu_weight = 20;                       // a standard dyno has 100
  std::uint32_t processes = 1024;                      // and threads
  std::uint64_t disk_bytes = 10240ull * 1024 * 1024;   // its tree, cache and /tmp together; 0: none
  std::chrono::milliseconds time = davit::limits::build_timeout;  // from detect to release
};

// The default memory on a machine with so much of it: a build beside apps gets at most 60 %.
std::uint64_t default_build_memory(std::uint64_t machine_memory);

// The limits of a step's davit-dyno.
dyno::Limits step_limits(const BuildLimits& limits);

// The limit that ended a step, with numbers and what to do; ok for any other end. Pure. The
// error's text is for the pusher.
Result<> judge_end(const dyno::ExitRecord& record, const BuildLimits& limits);

// A build whose forks were refused is a runaway, or needs more: nobody waits for its time limit.
Error too_many_processes(std::uint64_t refused, const BuildLimits& limits);

}  // namespace davit::build
