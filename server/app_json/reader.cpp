#include "server/app_json/reader.hpp"

#include "base/encoding.hpp"

namespace davit::app_json {

Result<Reader> Reader::of(const nlohmann::json& json, std::string path) {
  Reader reader(json, std::move(path));
  if (json.is_object()) return reader;
  return fail(Errc::invalid_argument, "app.json: {}{}must be an object", reader.path_,
              reader.path_.empty() ? "" : " ");
}

const nlohmann::json* Reader::find(const char* key) const {
  const auto found = json_->find(key);
  return found == json_->end() || found->is_null() ? nullptr : &*found;
}

std::string Reader::path_of(std::string_view key) const {
  const std::string shown = printable(key, 80);
  return path_.empty() ? shown : path_ + "." + shown;
}

Error Reader::wrong(std::string_view key, std::string_view what) const {
  return fail(Errc::invalid_argument, "app.json: {} {}", path_of(key), what);
}

Result<std::optional<std::string>> Reader::text(const char* key) const {
  const auto* found = find(key);
  if (found == nullptr) return std::optional<std::string>();
  if (!found->is_string()) return wrong(key, "must be a text");
  if (found->get_ref<const std::string&>().find('\0') != std::string::npos) {
    return wrong(key, "must not hold a NUL");
  }
  return std::optional(found->get<std::string>());
}

Result<std::optional<std::string>> Reader::value(const char* key) const {
  const auto* found = find(key);
  const bool plain = found != nullptr && (found->is_number() || found->is_boolean());
  return plain ? std::optional(found->dump()) : text(key);
}

Result<std::optional<bool>> Reader::flag(const char* key) const {
  const auto* found = find(key);
  if (found == nullptr) return std::optional<bool>();
  if (!found->is_boolean()) return wrong(key, "must be true or false");
  return std::optional(found->get<bool>());
}

}  // namespace davit::app_json
