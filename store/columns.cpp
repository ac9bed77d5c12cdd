#include "store/columns.hpp"

#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "store/vault.hpp"

namespace davit::store {
namespace {

using Json = nlohmann::json;

Result<> check_text(const std::map<std::string, std::string>& map) {
  for (const auto& [key, value] : map) {
    if (to_valid_utf8(key) != key || to_valid_utf8(value) != value) {
      return fail(Errc::invalid_argument, "'{}' is not valid UTF-8; encode it, as base64 say",
                  printable(key, 128));
    }
  }
  return {};
}

std::map<std::string, std::string> map_of(const Json& object, Statement& row) {
  if (!object.is_object()) row.corrupt("not a JSON object");
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string()) row.corrupt("a JSON object with a member that is no string");
    map.emplace(key, value.get<std::string>());
  }
  return map;
}

}  // namespace

Result<std::string> encode_map(const std::map<std::string, std::string>& map) {
  DAVIT_TRY(check_text(map));
  return Json(map).dump();
}

ProcessTypes get_processes(Statement& row) {
  const auto object = Json::parse(row.get<std::string>(), nullptr, false);
  return map_of(object, row);
}

std::map<std::string, std::string> get_text_map(Statement& row) {
  const auto text = row.get<std::string>();
  if (text.empty()) return {};
  return map_of(Json::parse(text, nullptr, false), row);
}

Result<Blob> seal_config(const Vault& vault, const ReleaseId& release, const ConfigVars& config) {
  DAVIT_TRY(check_text(config));
  const Json sealed{{"release", release.str()}, {"vars", config}};
  return Blob{vault.seal(sealed.dump())};
}

ConfigVars get_config(Statement& row, const Vault& vault, const ReleaseId& release) {
  const auto plain = vault.unseal(row.get<Blob>().bytes);
  if (!plain) row.corrupt(plain.error().message);
  const auto object = Json::parse(*plain, nullptr, false);
  if (!object.is_object() || !object.contains("vars") ||
      object.value("release", Json()) != Json(release.str())) {
    row.corrupt("a sealed config of another release");
  }
  return map_of(object["vars"], row);
}

}  // namespace davit::store
