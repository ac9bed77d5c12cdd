#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

// Reading what a server sent without trusting its shape: a missing or odd field is empty, never an
// exception.
namespace davit::cli {

// "owner.email": members by dots. Text as it is; numbers and booleans as JSON writes them; null is
// empty.
std::string text_at(const nlohmann::json& json, std::string_view path);
std::int64_t number_at(const nlohmann::json& json, std::string_view path);  // 0 when there is none
bool true_at(const nlohmann::json& json, std::string_view path);
const nlohmann::json& list_at(const nlohmann::json& json,
                              std::string_view path);  // [] when there is none
// A JSON value converts to anything, also to an Error: results of it are made here.
Result<nlohmann::json> json_result(nlohmann::json json);
std::string pretty(const nlohmann::json& json);  // two spaces; invalid UTF-8 replaced

}  // namespace davit::cli
