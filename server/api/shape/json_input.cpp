#include "server/api/shape/json_input.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"

namespace davit::api {
namespace {

// More is nobody's request. The parser itself keeps its own stack, but what walks the value may
// recurse.
constexpr int depth_max = 32;

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto limit_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > depth_max;
    return !too_deep;
  };
  try {
    auto value = nlohmann::json::parse(text, limit_depth);
    // Named: a json converts to anything, an Error too, so the result cannot choose by itself.
    if (!too_deep) return Result<nlohmann::json>(boost::system::in_place_value, std::move(value));
  } catch (const nlohmann::json::parse_error& error) {
    const auto before = text.substr(0, std::min(text.size(), error.byte > 0 ? error.byte - 1 : 0));
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    return fail(Errc::corrupt, "The body is not valid JSON: error at line {}, column {}.", line,
                column);
  } catch (const nlohmann::json::exception&) {  // a number beyond double, for one
    return fail(Errc::corrupt, "The body is not valid JSON: a value is out of range.");
  }
  return fail(Errc::corrupt, "The body's JSON is nested deeper than {} levels.", depth_max);
}

std::string_view type_name(const nlohmann::json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return "a boolean";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  return value.is_array() ? "an array" : "an object";
}

Result<JsonObject> JsonObject::of(const nlohmann::json& value, std::string path) {
  if (value.is_object()) return JsonObject(value, std::move(path));
  return fail(Errc::invalid_argument, "{}: must be an object, not {}",
              path.empty() ? "the body" : path, type_name(value));
}

const nlohmann::json* JsonObject::find(const char* key) const {
  const auto found = value_->find(key);
  return found == value_->end() || found->is_null() ? nullptr : &*found;
}

std::string JsonObject::path_of(std::string_view key) const {
  const std::string shown = printable(key, 80);
  return path_.empty() ? shown : path_ + "." + shown;
}

Error JsonObject::wrong(const char* key, std::string_view wanted) const {
  return fail(Errc::invalid_argument, "{}: must be {}, not {}", path_of(key), wanted,
              type_name(*find(key)));
}

Result<std::optional<std::string>> JsonObject::text(const char* key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return wrong(key, "a string");
  return std::optional<std::string>(value->get<std::string>());
}

Result<std::string> JsonObject::required_text(const char* key) const {
  auto value = text(key);
  if (!value) return std::move(value).error();
  if (!*value) return fail(Errc::invalid_argument, "{}: is missing", path_of(key));
  return std::move(**value);
}

Result<std::optional<bool>> JsonObject::flag(const char* key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::optional<bool>();
  if (!value->is_boolean()) return wrong(key, "true or false");
  return std::optional<bool>(value->get<bool>());
}

Result<std::optional<std::int64_t>> JsonObject::integer(const char* key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::optional<std::int64_t>();
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  if (!fits) return wrong(key, "a whole number");
  return std::optional<std::int64_t>(value->get<std::int64_t>());
}

Result<std::map<std::string, std::string>> JsonObject::text_map(const char* key) const {
  std::map<std::string, std::string> texts;
  const auto* value = find(key);
  if (value == nullptr) return texts;
  if (!value->is_object()) return wrong(key, "an object");
  for (const auto& [name, entry] : value->items()) {
    if (!entry.is_string() && !entry.is_number() && !entry.is_boolean()) {
      return fail(Errc::invalid_argument, "{}.{}: must be a string, not {}", path_of(key),
                  printable(name, 80), type_name(entry));
    }
    texts[name] = entry.is_string() ? entry.get<std::string>() : entry.dump();
  }
  return texts;
}

Result<std::optional<std::string>> JsonObject::identity(const char* key) const {
  const auto* value = find(key);
  if (value == nullptr || value->is_string()) return text(key);
  auto object = JsonObject::of(*value, path_of(key));
  if (!object) return wrong(key, "a name or id");
  auto id = object->text("id");
  if (!id || *id) return id;
  return object->text("name");
}

}  // namespace davit::api
