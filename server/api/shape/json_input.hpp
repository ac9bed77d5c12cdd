#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::api {

// A whole body. Errors: corrupt, naming line and column.
Result<nlohmann::json> parse_json(std::string_view text);

// Reads the members of a JSON object; every error names the member's whole path
// ("updates[0].quantity: must be …"). A member that is null counts as absent: clients send null for
// "not given". A view: the value outlives it.
class JsonObject {
 public:
  // Errors: invalid_argument unless `value` is an object. An empty path is the body itself.
  static Result<JsonObject> of(const nlohmann::json& value, std::string path);

  const nlohmann::json* find(const char* key) const;  // nullptr: absent or null
  std::string path_of(std::string_view key) const;

  Result<std::optional<std::string>> text(const char* key) const;
  Result<std::string> required_text(const char* key) const;
  Result<std::optional<bool>> flag(const char* key) const;
  Result<std::optional<std::int64_t>> integer(const char* key) const;
  // Values may be numbers, true or false too, which clients send for variables; they become text.
  Result<std::map<std::string, std::string>> text_map(const char* key) const;
  // "x", or {"id": "x"}, or {"name": "x"}: how the Platform API refers to things.
  Result<std::optional<std::string>> identity(const char* key) const;

 private:
  JsonObject(const nlohmann::json& value, std::string path)
      : value_(&value), path_(std::move(path)) {}
  Error wrong(const char* key, std::string_view wanted) const;
  const nlohmann::json* value_;
  std::string path_;
};

// Names the type of a value for messages: "a number", "an object".
std::string_view type_name(const nlohmann::json& value);

}  // namespace davit::api
