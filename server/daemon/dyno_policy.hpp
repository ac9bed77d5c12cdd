#pragma once
#include "server/daemon/options.hpp"
#include "server/supervisor/policy.hpp"

namespace davit {

// What davit.toml and the flags say about dynos, with the bundled sizes of a machine with so much
// memory below it. A new size takes what it leaves out from `standard`. Errors name the size and
// the field.
Result<supervisor::DynoPolicy> make_dyno_policy(const Options& options, std::uint64_t memory_bytes);

}  // namespace davit
