#include "dyno/rlimits.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

namespace davit::dyno {
namespace {

// Without CAP_SYS_RESOURCE a hard limit cannot be raised: what the host grants is taken.
Result<> limit(__rlimit_resource resource, rlim_t value, const char* name) {
  rlimit current{};
  ::getrlimit(resource, &current);
  const rlim_t granted = std::min(value, current.rlim_max);
  const rlimit wanted{granted, granted};
  if (::setrlimit(resource, &wanted) == 0) return {};
  return fail_errno(errno, fmt::format("limit {} to {}", name, value));
}

// Does a count of this user's processes count this dyno's alone? At level B it counts within the
// user namespace (Linux 5.14; root outside is exempt), at level A the app has a user of its own.
bool counts_own_processes(const SandboxPlan& plan) {
  return plan.level == Level::b || (plan.spec.uid && ::geteuid() == 0);
}

// A process reserves more than it uses (stacks of threads, heaps of virtual machines): far above
// the quota this stops a bomb in one process before the next look at the dyno's memory, and nothing
// else.
constexpr rlim_t data_per_quota = 4;

// Where no cgroup shares the CPU, a lower weight becomes a nice value; a higher one would need a
// privilege. One step of nice is about 1.25 times (sched(7)).
void share_cpu_by_nice(const SandboxPlan& plan) {
  const double weight = plan.spec.limits.cpu_weight;
  if (weight >= 100 || weight < 1 || plan.spec.cgroups.with("cpu") != nullptr) return;
  constexpr double per_step = 1.25;
  const double steps = std::log(100 / weight) / std::log(per_step);
  (void)::setpriority(PRIO_PROCESS, 0, std::min(19, static_cast<int>(std::lround(steps))));
}

}  // namespace

Result<> apply_rlimits(const SandboxPlan& plan) {
  share_cpu_by_nice(plan);
  const Limits& limits = plan.spec.limits;
  const Cgroups& cgroups = plan.spec.cgroups;
  // 1, not 0: a host that pipes cores to a program of its own does so in spite of 0 (core(5)), as
  // root and with what the app left in its memory.
  DAVIT_TRY(limit(RLIMIT_CORE, 1, "core files"));
  if (limits.open_files != 0) DAVIT_TRY(limit(RLIMIT_NOFILE, limits.open_files, "open files"));
  if (limits.processes != 0 && cgroups.with("pids") == nullptr && counts_own_processes(plan)) {
    DAVIT_TRY(limit(RLIMIT_NPROC, limits.processes, "processes"));
  }
  if (limits.disk_bytes != 0) {
    DAVIT_TRY(limit(RLIMIT_FSIZE, limits.disk_bytes, "the size of a file"));
  }
  return {};
}

Result<> limit_process_memory(const SandboxPlan& plan) {
  const std::uint64_t quota = plan.spec.limits.memory_bytes;
  if (quota == 0 || plan.spec.cgroups.with("memory") != nullptr) return {};
  return limit(RLIMIT_DATA, quota * data_per_quota, "memory of a process");
}

}  // namespace davit::dyno
