#include "cli/json_fields.hpp"

#include <nlohmann/json.hpp>

namespace davit::cli {
namespace {

const nlohmann::json* find(const nlohmann::json& json, std::string_view path) {
  const nlohmann::json* at = &json;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    if (!at->is_object()) return nullptr;
    const auto member = at->find(std::string(path.substr(0, dot)));
    if (member == at->end()) return nullptr;
    at = &*member;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

}  // namespace

std::string text_at(const nlohmann::json& json, std::string_view path) {
  const auto* value = find(json, path);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return value->get<std::string>();
  return value->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::int64_t number_at(const nlohmann::json& json, std::string_view path) {
  const auto* value = find(json, path);
  return value != nullptr && value->is_number() ? value->get<std::int64_t>() : 0;
}

bool true_at(const nlohmann::json& json, std::string_view path) {
  const auto* value = find(json, path);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

const nlohmann::json& list_at(const nlohmann::json& json, std::string_view path) {
  static const nlohmann::json none = nlohmann::json::array();
  const auto* value = find(json, path);
  return value != nullptr && value->is_array() ? *value : none;
}

Result<nlohmann::json> json_result(nlohmann::json json) {
  return {boost::system::in_place_value, std::move(json)};
}

std::string pretty(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace davit::cli
