#pragma once
#include "base/result.hpp"

namespace davit::dyno {

// Takes from this process and its children the system calls that no app needs and that attacks on
// the kernel begin with: EPERM; clone3: ENOSYS, so that libc falls back to clone, whose flags a
// filter can see. Allow by default: an app may use calls that are newer than this list.
// no_new_privs is set first by the caller.
Result<> apply_seccomp_filter();

}  // namespace davit::dyno
