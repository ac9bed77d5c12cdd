#pragma once
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

// In the forked child of init: a session of its own, default signals, the working folder,
// no_new_privs, the system call filter, then the program. What fails is told through `report_fd`,
// which the program does not inherit.
[[noreturn]] void run_command(const SandboxPlan& plan, int report_fd);

}  // namespace davit::dyno
