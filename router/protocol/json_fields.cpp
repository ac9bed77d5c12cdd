#include "router/protocol/json_fields.hpp"

#include <limits>

namespace davit::router {

using nlohmann::json;

const json* JsonFields::member(const char* name, std::string_view kind, Check check) {
  if (failed()) return nullptr;
  const auto found = object_.find(name);
  if (found == object_.end()) {
    refuse(name, "is missing");
    return nullptr;
  }
  if (!((*found).*check)()) {
    refuse(name, fmt::format("must be {}", kind));
    return nullptr;
  }
  return &*found;
}

void JsonFields::read(const char* name, std::string& out) {
  if (const json* value = member(name, "a string", &json::is_string)) {
    out = value->get_ref<const std::string&>();
  }
}

void JsonFields::read(const char* name, std::vector<std::string>& out) {
  const json* array = member(name, "an array of strings", &json::is_array);
  if (array == nullptr) return;
  out.clear();
  out.reserve(array->size());
  for (const json& item : *array) {
    if (!item.is_string()) return refuse(name, "must be an array of strings");
    out.push_back(item.get_ref<const std::string&>());
  }
}

void JsonFields::read(const char* name, std::vector<std::uint64_t>& out) {
  const json* array = member(name, "an array of whole numbers >= 0", &json::is_array);
  if (array == nullptr) return;
  out.clear();
  out.reserve(array->size());
  for (const json& item : *array) {
    if (!item.is_number_unsigned()) return refuse(name, "must be an array of whole numbers >= 0");
    out.push_back(item.get<std::uint64_t>());
  }
}

void JsonFields::read(const char* name, std::uint64_t& out) {
  if (const json* value = member(name, "a whole number >= 0", &json::is_number_unsigned)) {
    out = value->get<std::uint64_t>();
  }
}

void JsonFields::read(const char* name, std::uint32_t& out) {
  std::uint64_t value = out;
  read(name, value);
  if (failed()) return;
  if (value > std::numeric_limits<std::uint32_t>::max()) return refuse(name, "is out of range");
  out = static_cast<std::uint32_t>(value);
}

void JsonFields::read(const char* name, std::int64_t& out) {
  const json* value = member(name, "a whole number", &json::is_number_integer);
  if (value == nullptr) return;
  if (value->is_number_unsigned() &&
      value->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    return refuse(name, "is too large");
  }
  out = value->get<std::int64_t>();
}

void JsonFields::read(const char* name, int& out) {
  std::int64_t value = out;
  read(name, value);
  if (failed()) return;
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    return refuse(name, "is out of range");
  }
  out = static_cast<int>(value);
}

void JsonFields::read(const char* name, bool& out) {
  if (const json* value = member(name, "true or false", &json::is_boolean)) {
    out = value->get<bool>();
  }
}

}  // namespace davit::router
