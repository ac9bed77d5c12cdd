#pragma once
#include "base/result.hpp"
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

// The dyno's rlimits, for this process and all that it starts. Where cgroups count memory and
// processes these are left alone: a per-user count of processes would be shared by all dynos of an
// app.
Result<> apply_rlimits(const SandboxPlan& plan);

// The command's alone, last of all: davit-dyno's own init has no quota.
Result<> limit_process_memory(const SandboxPlan& plan);

}  // namespace davit::dyno
