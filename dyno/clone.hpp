#pragma once
#include <sys/types.h>

#include "base/unique_fd.hpp"

namespace davit::dyno {

// fork(2) with namespaces (CLONE_NEW…), into the v2 group `cgroup` where it is not -1. Returns 0 in
// the child, -1 with errno on failure. clone3 is needed for a group only; ENOSYS: refused here
// (some container engines do).
pid_t clone_process(unsigned long namespaces, int cgroup, UniqueFd& pidfd);

}  // namespace davit::dyno
