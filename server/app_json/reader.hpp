#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace davit::app_json {

// Reads one object's members; errors begin with its path. A member that is null counts as absent.
// Internal to this folder.
class Reader {
 public:
  static Result<Reader> of(const nlohmann::json& json, std::string path);

  const nlohmann::json* find(const char* key) const;
  std::string path_of(std::string_view key) const;
  Error wrong(std::string_view key, std::string_view what) const;

  Result<std::optional<std::string>> text(const char* key) const;
  // A text, or a number or truth value written without its quotes.
  Result<std::optional<std::string>> value(const char* key) const;
  Result<std::optional<bool>> flag(const char* key) const;
  const nlohmann::json& json() const { return *json_; }

 private:
  Reader(const nlohmann::json& json, std::string path) : json_(&json), path_(std::move(path)) {}
  const nlohmann::json* json_;
  std::string path_;
};

}  // namespace davit::app_json
