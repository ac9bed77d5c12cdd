#pragma once
#include "base/result.hpp"
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

// Level C, in the command, after no_new_privs: of the host's files only what a dyno's own root would
// show, writing only to the dyno's folders; listening only on its port; no signals to others. Each as
// far as this kernel's Landlock goes (landlock(7)); what it cannot do is noted. Unix sockets, other
// users' command lines and outgoing connections stay open: docs/security.md.
Result<> apply_landlock(const SandboxPlan& plan, Notes& notes);

// The kernel's version of Landlock; 0: none.
int landlock_version();

}  // namespace davit::dyno
