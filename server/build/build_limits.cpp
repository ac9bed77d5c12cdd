#include "server/build/build_limits.hpp"

#include <algorithm>

#include "base/units.hpp"

namespace davit::build {
namespace {

constexpr std::uint64_t machine_share_percent = 60;

Error too_slow(const BuildLimits& limits) {
  return fail(
      Errc::timeout,
      "The build took more than its time limit of {} seconds and was stopped.\n"
      "Move slow work out of the build, let the buildpack keep its results in the cache, or "
      "ask the server's admin for a longer `time` in [build] of davit.toml.",
      std::chrono::duration_cast<std::chrono::seconds>(limits.time).count());
}

Error out_of_memory(const dyno::ExitRecord& record, const BuildLimits& limits) {
  return fail(Errc::limit_exceeded,
              "The build went over its memory limit of {} and was stopped: {}.\n"
              "Let it do less at once (fewer parallel jobs, a smaller heap), or ask the server's "
              "admin for more `memory` in [build] of davit.toml.",
              format_bytes(limits.memory_bytes), record.detail);
}

// The detail's own advice, after the semicolon, is for dynos.
Error disk_full(const dyno::ExitRecord& record, const BuildLimits& limits) {
  return fail(Errc::limit_exceeded,
              "The build went over its disk limit of {} and was stopped: {}.\n"
              "Its files, its cache and /tmp count together. Write less, empty the cache with "
              "`davit builds:cache:purge`, or ask the server's admin for more `disk` in [build] of "
              "davit.toml.",
              format_bytes(limits.disk_bytes), record.detail.substr(0, record.detail.find(';')));
}

}  // namespace

std::uint64_t default_build_memory(std::uint64_t machine_memory) {
  const std::uint64_t usual = BuildLimits().memory_bytes;
  if (machine_memory == 0) return usual;
  return std::min(usual, machine_memory / 100 * machine_share_percent);
}

dyno::Limits step_limits(const BuildLimits& limits) {
  dyno::Limits out;
  out.memory_bytes = limits.memory_bytes;
  out.cpu_weight = limits.cpu_weight;
  out.processes = limits.processes;
  out.disk_bytes = limits.disk_bytes;
  return out;
}

Result<> judge_end(const dyno::ExitRecord& record, const BuildLimits& limits) {
  using enum dyno::ExitReason;
  switch (record.reason) {
    case time_limit: return too_slow(limits);
    case out_of_memory: return build::out_of_memory(record, limits);
    case disk_full: return build::disk_full(record, limits);
    case setup_failed:
      return fail(Errc::io, "The build's sandbox could not be made: {}", record.detail);
    case owner_gone:
    case killed:
    case stopped:
    case stop_timeout: return fail(Errc::cancelled, "The build was stopped.");
    case exited: return {};
  }
  return fail(Errc::internal, "unknown exit reason");
}

Error too_many_processes(std::uint64_t refused, const BuildLimits& limits) {
  return fail(Errc::limit_exceeded,
              "The build reached its limit of {} processes and threads (fork was refused {} times) "
              "and was stopped.\n"
              "Let it do less at once (make -j2, for instance), or ask the server's admin for more "
              "`processes` in [build] of davit.toml.",
              limits.processes, refused);
}

}  // namespace davit::build
