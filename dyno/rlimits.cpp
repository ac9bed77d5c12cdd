#include "dyno/rlimits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

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

}  // namespace

Result<> apply_rlimits(const Limits& limits, bool own_uid) {
  DAVIT_TRY(limit(RLIMIT_CORE, 0, "core files"));
  if (limits.open_files != 0) DAVIT_TRY(limit(RLIMIT_NOFILE, limits.open_files, "open files"));
  if (limits.processes != 0 && own_uid) {
    DAVIT_TRY(limit(RLIMIT_NPROC, limits.processes, "processes"));
  }
  return {};
}

}  // namespace davit::dyno
