#pragma once
#include <string>

#include "server/release/releases.hpp"

namespace davit::release {

struct ChangedConfig {
  store::ConfigVars config;
  std::string description;  // "Set A, B config vars", "Remove C config var"; empty when nothing changed
};

// Applies a change to config vars. Pure. Errors name the key: a bad name, a NUL in a value, a total over the limit.
Result<ChangedConfig> apply_change(store::ConfigVars config, const ConfigChange& change);

}  // namespace davit::release
