#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace davit::build {

// ENV_DIR of the buildpack contract: one file per config var, its value byte for byte, no newline
// added. The folder is 0700 and, like the files (0600), the app's: the values are secrets. `path`
// must not exist. Blocking.
Result<> write_env_dir(const std::string& path, const std::map<std::string, std::string>& config,
                       std::optional<std::uint32_t> uid);

}  // namespace davit::build
