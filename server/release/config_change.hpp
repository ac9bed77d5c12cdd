#pragma once
#include <string>

#include "server/release/releases.hpp"

namespace davit::release {

struct ChangedConfig {
  store::ConfigVars config;
  std::string
      description;  // "Set A, B config vars", "Remove C config var"; empty when nothing changed
};

// Applies a change to config vars. Pure. Errors (invalid_argument): a bad name or a NUL in a value,
// naming the key; too many vars or bytes in all.
Result<ChangedConfig> apply_change(const store::ConfigVars& before, const ConfigChange& change);

// Errors (invalid_argument): too many vars or bytes in all. A config that is already over (limits
// change) may still be made smaller. Pure.
Result<> check_limits(const store::ConfigVars& before, const store::ConfigVars& after);

}  // namespace davit::release
