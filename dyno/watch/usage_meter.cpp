#include "dyno/watch/usage_meter.hpp"

#include <sys/resource.h>

#include "dyno/watch/keyed_numbers.hpp"
#include "dyno/watch/oom_watch.hpp"
#include "dyno/watch/process_list.hpp"

namespace davit::dyno {
namespace {

constexpr std::uint64_t nanos_per_micro = 1000;

void measure_memory(const Cgroup& cgroup, Usage& usage) {
  const std::string stat = cgroup.read("memory", "memory.stat");
  const std::uint64_t shmem = keyed_number(stat, "shmem");
  const bool v2 = cgroup.is_v2("memory");
  // Both versions count shared memory among files; it cannot be dropped like one.
  const std::uint64_t files = keyed_number(stat, v2 ? "file" : "cache");
  usage.memory_rss_bytes = keyed_number(stat, v2 ? "anon" : "rss") + shmem;
  usage.memory_cache_bytes = files > shmem ? files - shmem : 0;
  usage.oom_kills = oom_kills(cgroup);
  if (v2) {
    usage.memory_peak_bytes = lone_number(cgroup.read("memory", "memory.peak"));
    usage.swap_bytes = lone_number(cgroup.read("memory", "memory.swap.current"));
    usage.memory_high_hits = keyed_number(cgroup.read("memory", "memory.events"), "high");
    return;
  }
  usage.memory_peak_bytes = lone_number(cgroup.read("memory", "memory.max_usage_in_bytes"));
  usage.memory_high_hits = lone_number(cgroup.read("memory", "memory.failcnt"));
  usage.swap_bytes = keyed_number(stat, "swap");
}

void measure_cpu(const Cgroup& cgroup, Usage& usage) {
  const std::string stat = cgroup.read("cpu", "cpu.stat");
  usage.cpu_throttled_micros = cgroup.is_v2("cpu")
                                   ? keyed_number(stat, "throttled_usec")
                                   : keyed_number(stat, "throttled_time") / nanos_per_micro;
  usage.cpu_micros = cpu_micros(cgroup).value_or(0);
}

void measure_processes(const Cgroup& cgroup, Usage& usage) {
  usage.processes = lone_number(cgroup.read("pids", "pids.current"));
  usage.process_limit_hits = keyed_number(cgroup.read("pids", "pids.events"), "max");
}

// Of all that ended so far and were waited for: known once the dyno's init is reaped.
std::uint64_t largest_process_ever() {
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  return static_cast<std::uint64_t>(children.ru_maxrss) * 1024;
}

}  // namespace

std::optional<std::uint64_t> cpu_micros(const Cgroup& cgroup) {
  if (cgroup.clone_into() >= 0) {  // also without the CPU controller
    return keyed_number(cgroup.read_v2("cpu.stat"), "usage_usec");
  }
  if (!cgroup.has("cpuacct")) return std::nullopt;
  return lone_number(cgroup.read("cpuacct", "cpuacct.usage")) / nanos_per_micro;
}

Usage measure_usage(const Sandbox& sandbox) {
  const Cgroup& cgroup = sandbox.cgroup();
  Usage usage;
  measure_memory(cgroup, usage);
  measure_cpu(cgroup, usage);
  measure_processes(cgroup, usage);
  if (cgroup.has("memory") && cgroup.has("pids")) return usage;
  const auto processes = list_processes(sandbox);
  const auto totals = add_up(processes);
  if (!cgroup.has("memory")) {
    usage.memory_rss_bytes = totals.memory_bytes;
    usage.memory_peak_bytes = largest_process_ever();
  }
  if (!cgroup.has("pids")) usage.processes = totals.threads;
  if (!cpu_micros(cgroup)) usage.cpu_micros = totals.cpu_micros;
  return usage;
}

}  // namespace davit::dyno
