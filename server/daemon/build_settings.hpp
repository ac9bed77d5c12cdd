#pragma once
#include <cstdint>

#include "server/build/build.hpp"
#include "server/daemon/options.hpp"

namespace davit {

// [build] of davit.toml over the defaults, but for the network. Reads the C library of the dynos'
// system, for the STACK.
build::BuildConfig make_build_config(const Options& options, std::uint64_t machine_memory);

}  // namespace davit
