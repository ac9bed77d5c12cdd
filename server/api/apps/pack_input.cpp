#include "server/api/apps/pack_input.hpp"

#include <nlohmann/json.hpp>

#include "server/api/shape/json_input.hpp"
#include "server/sources/limits.hpp"

namespace davit::api {
namespace {

Result<std::string> pack_of(const nlohmann::json& item, const std::string& path,
                            const PackInput& input, const sources::Rules& rules) {
  const auto fields = JsonObject::of(item, path);
  if (!fields) return fields.error();
  for (const std::string& key : input.keys) {
    const auto text = fields->text(key.c_str());
    if (!text) return text.error();
    if (!*text) continue;
    const auto source = sources::Source::parse(**text, rules);
    if (source) return source->text;
    return fail(Errc::invalid_argument, "{}.{}: {}", path, key, source.error().message);
  }
  return fail(Errc::invalid_argument, "{}.{}: is missing", path, input.keys.front());
}

}  // namespace

Result<std::vector<std::string>> read_packs(const nlohmann::json& body, const PackInput& input,
                                            const sources::Rules& rules) {
  const auto list = body.find(input.field);
  if (list == body.end() || !list->is_array()) {
    return fail(Errc::invalid_argument, "{}: must be a list of objects with {}", input.field,
                input.keys.front());
  }
  if (list->size() > sources::limits::packs_max) {
    return fail(Errc::limit_exceeded, "{}: at most {} buildpacks", input.field,
                sources::limits::packs_max);
  }
  std::vector<std::string> packs;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto pack = pack_of((*list)[i], fmt::format("{}[{}]", input.field, i), input, rules);
    if (!pack) return std::move(pack).error();
    packs.push_back(std::move(*pack));
  }
  return packs;
}

}  // namespace davit::api
