#include "server/api/config_change.hpp"

#include <nlohmann/json.hpp>

#include "base/limits.hpp"
#include "server/api/json_input.hpp"
#include "server/api/limits.hpp"

namespace davit::api {

Result<release::ConfigChange> parse_config_change(const nlohmann::json& body) {
  DAVIT_TRY(JsonObject::of(body, ""));
  release::ConfigChange change;
  for (const auto& [key, value] : body.items()) {
    DAVIT_TRY(ConfigKey::parse(key));
    if (value.is_null()) {
      change[key] = std::nullopt;
      continue;
    }
    if (!value.is_string()) {
      return fail(Errc::invalid_argument,
                  "{}: a config var must be a string, or null to remove it, not {}", key,
                  type_name(value));
    }
    auto text = value.get<std::string>();
    if (text.find('\0') != std::string::npos) {
      return fail(Errc::invalid_argument,
                  "{}: contains a NUL byte, which no environment variable can hold; encode it, for "
                  "example with base64",
                  key);
    }
    change[key] = std::move(text);
  }
  return change;
}

Result<> check_config_limits(const store::ConfigVars& config, const release::ConfigChange& change) {
  store::ConfigVars after = config;
  for (const auto& [key, value] : change) {
    if (value) {
      after[key] = *value;
    } else {
      after.erase(key);
    }
  }
  std::size_t bytes = 0;
  for (const auto& [key, value] : after) bytes += key.size() + value.size();
  // A config that is already over (limits change) may still be made smaller.
  if (after.size() > limits::config_vars_max && after.size() > config.size()) {
    return fail(Errc::invalid_argument, "An app can have {} config vars; this would make {}.",
                limits::config_vars_max, after.size());
  }
  std::size_t bytes_before = 0;
  for (const auto& [key, value] : config) bytes_before += key.size() + value.size();
  if (bytes > davit::limits::config_bytes_max && bytes > bytes_before) {
    return fail(Errc::invalid_argument,
                "An app's config vars can have {} bytes, names and values together; this would "
                "make {}. Keep large data in files or a store.",
                davit::limits::config_bytes_max, bytes);
  }
  return {};
}

}  // namespace davit::api
