#include "server/config/toml_section.hpp"

#include <fmt/ranges.h>

namespace davit::config {

void TomlSection::text(std::string_view key, std::optional<std::string>& out) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  if (const auto value = found->value_exact<std::string>()) {
    out = *value;
  } else {
    refuse(key, "must be a text in quotes");
  }
}

void TomlSection::texts(std::string_view key, std::vector<std::string>& out) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  const toml::array* array = found->as_array();
  if (array == nullptr) return refuse(key, "must be a list of texts in quotes");
  out.clear();
  for (const toml::node& item : *array) {
    const auto value = item.value_exact<std::string>();
    if (!value) return refuse(key, "must be a list of texts in quotes");
    out.push_back(*value);
  }
}

void TomlSection::flag(std::string_view key, bool& out) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  if (const auto value = found->value_exact<bool>()) {
    out = *value;
  } else {
    refuse(key, "must be true or false");
  }
}

void TomlSection::number(std::string_view key, std::int64_t min, std::int64_t max,
                         std::optional<std::uint32_t>& out) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  const auto value = found->value_exact<std::int64_t>();
  if (value && *value >= min && *value <= max) {
    out = static_cast<std::uint32_t>(*value);
  } else {
    refuse(key, fmt::format("must be a whole number from {} to {}", min, max));
  }
}

const toml::table* TomlSection::table(std::string_view key) {
  const toml::node* found = node(key);
  if (found == nullptr) return nullptr;
  if (!found->is_table()) refuse(key, fmt::format("must be a table: [{}]", path_of(key)));
  return found->as_table();
}

std::vector<const toml::table*> TomlSection::tables(std::string_view key) {
  std::vector<const toml::table*> all;
  const toml::node* found = node(key);
  if (found == nullptr) return all;
  const toml::array* array = found->as_array();
  if (array == nullptr || !array->is_homogeneous<toml::table>()) {
    refuse(key, fmt::format("must be tables: [[{}]]", path_of(key)));
    return all;
  }
  for (const toml::node& item : *array) all.push_back(item.as_table());
  return all;
}

void TomlSection::refuse(std::string_view key, std::string_view why) {
  if (!result_) return;
  const toml::node* found = table_.get(key);
  const auto line = found != nullptr ? found->source().begin.line : 0;
  result_ = fail(Errc::invalid_argument, "line {}: '{}': {}", line, path_of(key), why);
}

Result<> TomlSection::finish() {
  for (const auto& [key, value] : table_) {
    if (!known_.contains(key.str())) {
      refuse(key.str(), fmt::format("is not known here; known are: {}", fmt::join(known_, ", ")));
    }
  }
  return result_;
}

const toml::node* TomlSection::node(std::string_view key) {
  known_.emplace(key);
  return result_ ? table_.get(key) : nullptr;
}

std::string TomlSection::path_of(std::string_view key) const {
  return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

}  // namespace davit::config
