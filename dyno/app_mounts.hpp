#pragma once
#include "base/result.hpp"
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

// Before the clone: scratch and the layer folders of the overlays, owned by the dyno. What an
// earlier dyno left there is removed.
Result<> prepare_scratch(const SandboxPlan& plan);

// Levels A and B, in the new mount namespace: Spec::mounts below `root`.
Result<> attach_app_mounts(const SandboxPlan& plan, int root, Notes& notes);

// Level C: overlays become copies at their targets, which are host paths below scratch
// (server/dynos/layout.hpp).
Result<> copy_app_mounts(const SandboxPlan& plan);

}  // namespace davit::dyno
