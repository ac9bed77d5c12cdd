#include "server/release/config_change.hpp"

#include <algorithm>
#include <vector>

#include <fmt/ranges.h>

#include "base/limits.hpp"

namespace davit::release {
namespace {

std::string phrase(const char* verb, const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  return fmt::format("{} {} config var{}", verb, fmt::join(keys, ", "), keys.size() == 1 ? "" : "s");
}

}  // namespace

Result<ChangedConfig> apply_change(store::ConfigVars config, const ConfigChange& change) {
  std::vector<std::string> set, removed;
  for (const auto& [key, value] : change) {
    if (!value) {
      if (config.erase(key) > 0) removed.push_back(key);
      continue;
    }
    if (auto parsed = ConfigKey::parse(key); !parsed) return std::move(parsed).error();
    if (value->find('\0') != std::string::npos) {
      return fail(Errc::invalid_argument,
                  "config var {} holds a NUL byte, which no environment can carry", key);
    }
    const auto old = config.find(key);
    if (old != config.end() && old->second == *value) continue;
    config[key] = *value;
    set.push_back(key);
  }
  std::size_t bytes = 0;
  for (const auto& [key, value] : config) bytes += key.size() + value.size();
  if (bytes > limits::config_bytes_max) {
    return fail(Errc::too_large,
                "the config vars would take {} bytes, the limit is {}; keep big values in files or a "
                "store",
                bytes, limits::config_bytes_max);
  }
  std::string description = phrase("Set", set);
  if (!set.empty() && !removed.empty()) description += "; ";
  description += phrase("Remove", removed);
  return ChangedConfig{std::move(config), std::move(description)};
}

}  // namespace davit::release
