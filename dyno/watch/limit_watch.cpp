#include "dyno/watch/limit_watch.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/sysinfo.h>

#include <algorithm>

#include "dyno/limits.hpp"
#include "dyno/watch/keyed_numbers.hpp"
#include "dyno/watch/usage_meter.hpp"

namespace davit::dyno {
namespace {

std::uint64_t host_swap_left() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 ? std::uint64_t{info.freeswap} * info.mem_unit : 0;
}

}  // namespace

LimitWatch::LimitWatch(const Spec& spec, const Sandbox& sandbox, Time now)
    : spec_(spec), sandbox_(sandbox), oom_(sandbox.cgroup()), disk_(spec, sandbox, now) {
  if (spec.limits.memory_bytes != 0 && !sandbox.cgroup().has("memory")) {
    memory_.emplace(spec, sandbox, now);
  }
}

void LimitWatch::notice(Time now) {
  oom_.quiet();
  oom_look_at_ = now;
  suspicion_ends_ =
      now + (sandbox_.cgroup().is_v2("memory") ? std::chrono::milliseconds(limits::slow_recheck)
                                               : std::chrono::milliseconds(limits::oom_suspicion));
}

LimitWatch::Time LimitWatch::due() const {
  Time due = disk_.due();
  if (memory_) due = std::min(due, memory_->due());
  if (oom_look_at_) due = std::min(due, *oom_look_at_);
  return due;
}

std::optional<Breach> LimitWatch::look(Time now) {
  if (oom_look_at_ && now >= *oom_look_at_) {
    if (auto breach = look_at_memory(now)) return breach;
  }
  if (memory_ && now >= memory_->due()) {
    if (auto breach = memory_->look(now)) return breach;
  }
  if (now >= disk_.due()) return disk_.look(now);
  return std::nullopt;
}

// v1 tells just before it kills one process, and leaves the rest, which is no app any more. v2 has
// killed the group, or tells that it slows the dyno down for being over its quota.
std::optional<Breach> LimitWatch::look_at_memory(Time now) {
  const bool v2 = sandbox_.cgroup().is_v2("memory");
  oom_look_at_ = now + (v2 ? limits::slow_recheck : limits::oom_recheck);
  if (now >= suspicion_ends_) oom_look_at_.reset();
  if (oom_kills(sandbox_.cgroup()) > 0) return out_of_memory(usage());
  if (!v2) return std::nullopt;
  const Usage now_used = usage();
  if (!swap_is_full(now_used)) return std::nullopt;
  return Breach{
      ExitReason::out_of_memory,
      fmt::format("it holds {} of memory and {} of swap, all that a quota of {} allows, and only "
                  "gets slower",
                  megabytes(now_used.memory_rss_bytes), megabytes(now_used.swap_bytes),
                  megabytes(now_used.memory_quota_bytes))};
}

// Then memory.high holds the dyno just below the limit at which it would be killed, for hours.
bool LimitWatch::swap_is_full(const Usage& usage) const {
  const std::uint64_t quota = usage.memory_quota_bytes;
  const std::uint64_t swap = memory_and_swap_ceiling(quota) - memory_ceiling(quota);
  const std::uint64_t high = lone_number(sandbox_.cgroup().read("memory", "memory.high"));
  return quota != 0 && high != 0 && usage.memory_rss_bytes >= quota - quota / 20 &&
         (usage.swap_bytes >= swap - swap / 20 || host_swap_left() < limits::swap_left_min);
}

Usage LimitWatch::usage() const {
  Usage usage = measure_usage(sandbox_);
  usage.memory_quota_bytes = spec_.limits.memory_bytes;
  usage.disk_bytes = disk_.bytes();
  usage.disk_quota_bytes = spec_.limits.disk_bytes;
  return usage;
}

std::optional<Breach> LimitWatch::last_look(const Usage& usage, const ExitRecord& record) const {
  if (usage.oom_kills > 0) return out_of_memory(usage);
  const std::uint64_t ceiling = memory_ceiling(usage.memory_quota_bytes);
  if (memory_ && record.code != 0 && usage.memory_peak_bytes > ceiling) {
    return Breach{ExitReason::out_of_memory,
                  fmt::format("one of its processes held {} of memory, over {} for a quota of {}, "
                              "and could not get more",
                              megabytes(usage.memory_peak_bytes), megabytes(ceiling),
                              megabytes(usage.memory_quota_bytes))};
  }
  const bool file_too_large = record.signal == SIGXFSZ || record.code == 128 + SIGXFSZ;
  if (spec_.limits.disk_bytes == 0 || !file_too_large) return std::nullopt;
  return Breach{ExitReason::disk_full,
                fmt::format("a file grew over {}, the limit of the dyno's disk",
                            megabytes(spec_.limits.disk_bytes))};
}

Breach LimitWatch::out_of_memory(const Usage& usage) const {
  const std::uint64_t quota = usage.memory_quota_bytes;
  const std::uint64_t ceiling = memory_ceiling(quota);
  const bool own_fault = quota != 0 && usage.memory_peak_bytes + ceiling / 20 >= ceiling;
  const std::string who =
      own_fault
          ? fmt::format("it went over {} for a quota of {}", megabytes(ceiling), megabytes(quota))
          : "the host itself, or the group that davitd runs in, ran out of memory";
  return {ExitReason::out_of_memory,
          fmt::format("the kernel killed {} of its processes for memory: {} (at most {} held, {} "
                      "of swap)",
                      usage.oom_kills, who, megabytes(usage.memory_peak_bytes),
                      megabytes(usage.swap_bytes))};
}

std::string LimitWatch::remarks(const Usage& usage) const {
  if (usage.process_limit_hits == 0) return {};
  return fmt::format("fork was refused {} times at the limit of {} processes and threads",
                     usage.process_limit_hits, spec_.limits.processes);
}

}  // namespace davit::dyno
