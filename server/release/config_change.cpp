#include "server/release/config_change.hpp"

#include <algorithm>
#include <vector>

#include <fmt/ranges.h>

#include "server/release/limits.hpp"

namespace davit::release {
namespace {

std::string phrase(const char* verb, const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  return fmt::format("{} {} config var{}", verb, fmt::join(keys, ", "),
                     keys.size() == 1 ? "" : "s");
}

std::size_t bytes_of(const store::ConfigVars& config) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : config) bytes += key.size() + value.size();
  return bytes;
}

}  // namespace

Result<> check_limits(const store::ConfigVars& before, const store::ConfigVars& after) {
  if (after.size() > limits::config_vars_max && after.size() > before.size()) {
    return fail(Errc::invalid_argument, "An app can have {} config vars; this would make {}.",
                limits::config_vars_max, after.size());
  }
  const std::size_t bytes = bytes_of(after);
  if (bytes > limits::config_bytes_max && bytes > bytes_of(before)) {
    return fail(Errc::invalid_argument,
                "An app's config vars can have {} bytes, names and values together; this would "
                "make {}. Keep large data in files or a store.",
                limits::config_bytes_max, bytes);
  }
  return {};
}

Result<ChangedConfig> apply_change(const store::ConfigVars& before, const ConfigChange& change) {
  store::ConfigVars config = before;
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
  DAVIT_TRY(check_limits(before, config));
  std::string description = phrase("Set", set);
  if (!set.empty() && !removed.empty()) description += "; ";
  description += phrase("Remove", removed);
  return ChangedConfig{std::move(config), std::move(description)};
}

}  // namespace davit::release
