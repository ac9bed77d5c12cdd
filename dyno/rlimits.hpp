#pragma once
#include "base/result.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dyno {

// Never RLIMIT_AS: runtimes reserve address space far beyond what they use. `own_uid`: the uid
// belongs to one app, so that a count of its processes means something.
Result<> apply_rlimits(const Limits& limits, bool own_uid);

}  // namespace davit::dyno
