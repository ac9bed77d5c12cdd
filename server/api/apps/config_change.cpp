#include "server/api/apps/config_change.hpp"

#include <nlohmann/json.hpp>

#include "server/api/shape/json_input.hpp"

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

}  // namespace davit::api
