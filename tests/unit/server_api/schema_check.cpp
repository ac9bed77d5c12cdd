#include "tests/unit/server_api/schema_check.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/ids.hpp"

namespace davit::test {
namespace {

using nlohmann::json;

bool has_type(const json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "string") return value.is_string();
  return type == "array" ? value.is_array() : value.is_object();
}

void check_text(const json& schema, const std::string& text, const std::string& path,
                std::vector<std::string>& faults) {
  const auto pattern = schema.find("pattern");
  if (pattern != schema.end() &&
      !std::regex_search(text, std::regex(pattern->get<std::string>()))) {
    faults.push_back(path + ": '" + text + "' does not match " + pattern->get<std::string>());
  }
  const std::string format = schema.value("format", "");
  if (format == "uuid" && !check_uuid(text)) faults.push_back(path + ": no UUID: " + text);
  static const std::regex time("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$");
  if (format == "date-time" && !std::regex_match(text, time)) {
    faults.push_back(path + ": no time: " + text);
  }
}

void check_object(const json& schema, const json& value, const std::string& path,
                  std::vector<std::string>& faults) {
  const json properties = schema.value("properties", json::object());
  const json required = schema.value("required", json::array());
  const bool strict = schema.value("strict", false);
  for (const auto& [name, rule] : properties.items()) {
    const auto found = value.find(name);
    if (found != value.end()) {
      const auto below = schema_faults(rule, *found, path + "." + name);
      faults.insert(faults.end(), below.begin(), below.end());
    } else if (strict || std::ranges::find(required, json(name)) != required.end()) {
      faults.push_back(path + "." + name + ": is missing");
    }
  }
  for (const auto& [name, member] : value.items()) {
    if (strict && !properties.contains(name))
      faults.push_back(path + "." + name + ": is not known");
  }
}

}  // namespace

std::vector<std::string> schema_faults(const json& schema, const json& value,
                                       const std::string& path) {
  std::vector<std::string> faults;
  const auto types = schema.find("type");
  if (types != schema.end() && std::ranges::none_of(*types, [&](const json& type) {
        return has_type(value, type.get<std::string>());
      })) {
    faults.push_back(path + ": has the wrong type: " + value.dump());
    return faults;
  }
  const auto choices = schema.find("enum");
  if (choices != schema.end() && std::ranges::find(*choices, value) == choices->end()) {
    faults.push_back(path + ": not one of " + choices->dump());
  }
  if (value.is_string()) check_text(schema, value.get<std::string>(), path, faults);
  if (value.is_object()) check_object(schema, value, path, faults);
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto below =
          schema_faults(schema["items"], value[i], path + "[" + std::to_string(i) + "]");
      faults.insert(faults.end(), below.begin(), below.end());
    }
  }
  return faults;
}

}  // namespace davit::test
