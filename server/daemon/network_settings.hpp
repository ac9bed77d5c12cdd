#pragma once
#include "base/result.hpp"
#include "server/config/config_file.hpp"
#include "server/network/settings.hpp"

namespace davit {

// What davit.toml says of the network of dynos and builds, checked. An error names the key and the
// entry.
Result<network::Settings> network_settings(const config::ConfigFile& file);

}  // namespace davit
