#include <fcntl.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "dyno/cgroup/cgroup.hpp"

namespace davit::dyno {
namespace {

constexpr std::uint64_t cpu_period_micros = 100'000;  // the kernel's own default
// v1 counts CPU shares from 1,024, v2 from 100 for the same.
constexpr std::uint64_t shares_per_weight_100 = 1024;

enum class Need { required, wanted };

// The limits that make a dyno harmless are required; the finer ones depend on the kernel's age and
// make.
Result<> set(const Cgroup& cgroup, std::string_view controller, const char* file,
             const std::string& value, Need need) {
  if (!cgroup.has(controller)) return {};
  const UniqueFd fd = cgroup.open(controller, file, O_WRONLY);
  if (fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size())) {
    return {};
  }
  if (need == Need::wanted) return {};
  return fail_errno(errno, fmt::format("set {} = {} of the dyno's cgroup", file, value));
}

bool host_has_swap() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 && info.totalswap > 0;
}

Result<> limit_memory(const Cgroup& cgroup, std::uint64_t quota) {
  if (quota == 0) return {};
  const std::uint64_t ceiling = memory_ceiling(quota);
  const std::uint64_t with_swap = memory_and_swap_ceiling(quota);
  if (cgroup.is_v2("memory")) {
    DAVIT_TRY(set(cgroup, "memory", "memory.max", std::to_string(ceiling), Need::required));
    // Above this the kernel swaps, and slows down whoever asks for more. Without swap the slowing
    // is all there is: an app that leaks would crawl for an hour instead of being started afresh.
    if (host_has_swap()) {
      DAVIT_TRY(set(cgroup, "memory", "memory.high", std::to_string(quota), Need::wanted));
    }
    // One process of an app less is a half-dead app; the whole dyno starts afresh.
    DAVIT_TRY(set(cgroup, "memory", "memory.oom.group", "1", Need::wanted));
    return set(cgroup, "memory", "memory.swap.max", std::to_string(with_swap - ceiling),
               Need::wanted);
  }
  const auto limit = std::to_string(ceiling);
  DAVIT_TRY(set(cgroup, "memory", "memory.limit_in_bytes", limit, Need::required));
  DAVIT_TRY(
      set(cgroup, "memory", "memory.soft_limit_in_bytes", std::to_string(quota), Need::wanted));
  return set(cgroup, "memory", "memory.memsw.limit_in_bytes", std::to_string(with_swap),
             Need::wanted);
}

Result<> limit_cpu(const Cgroup& cgroup, const Limits& limits) {
  const std::uint64_t quota = limits.cpu_max_percent * cpu_period_micros / 100;
  if (cgroup.is_v2("cpu")) {
    if (limits.cpu_weight != kernel_weight) {
      DAVIT_TRY(set(cgroup, "cpu", "cpu.weight", std::to_string(limits.cpu_weight), Need::wanted));
    }
    if (quota == 0) return {};
    return set(cgroup, "cpu", "cpu.max", fmt::format("{} {}", quota, cpu_period_micros),
               Need::required);
  }
  const auto shares = std::max<std::uint64_t>(2, limits.cpu_weight * shares_per_weight_100 / 100);
  if (limits.cpu_weight != kernel_weight) {
    DAVIT_TRY(set(cgroup, "cpu", "cpu.shares", std::to_string(shares), Need::wanted));
  }
  if (quota == 0) return {};
  return set(cgroup, "cpu", "cpu.cfs_quota_us", std::to_string(quota), Need::required);
}

Result<> limit_io(const Cgroup& cgroup, std::uint32_t weight) {
  if (weight == kernel_weight) return {};
  if (cgroup.is_v2("io")) {
    return set(cgroup, "io", "io.weight", fmt::format("default {}", weight), Need::wanted);
  }
  // BFQ's range is 1 to 1,000.
  return set(cgroup, "blkio", "blkio.bfq.weight", std::to_string(std::min(weight, 1000u)),
             Need::wanted);
}

}  // namespace

std::uint64_t memory_ceiling(std::uint64_t quota) { return quota + quota / 4; }

std::uint64_t memory_and_swap_ceiling(std::uint64_t quota) { return quota * 2; }

Result<> write_limits(const Cgroup& cgroup, const Limits& limits) {
  DAVIT_TRY(limit_memory(cgroup, limits.memory_bytes));
  if (limits.processes != 0) {
    // One more for the dyno's init.
    DAVIT_TRY(
        set(cgroup, "pids", "pids.max", std::to_string(limits.processes + 1ull), Need::required));
  }
  DAVIT_TRY(limit_cpu(cgroup, limits));
  return limit_io(cgroup, limits.cpu_weight);
}

}  // namespace davit::dyno
