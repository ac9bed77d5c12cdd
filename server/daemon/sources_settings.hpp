#pragma once
#include "server/daemon/options.hpp"
#include "server/sources/sources.hpp"

namespace davit {

// [sources], [buildpacks] and the bundled packs, as server/sources takes them. Blocking; at start.
sources::SourcesConfig sources_config(const Options& options);

}  // namespace davit
