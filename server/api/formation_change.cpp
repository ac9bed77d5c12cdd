#include "server/api/formation_change.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "server/api/json_input.hpp"
#include "server/api/limits.hpp"
#include "server/auth/secrets.hpp"
#include "server/supervisor/plan.hpp"
#include "server/supervisor/rollout.hpp"

namespace davit::api {
namespace {

constexpr std::size_t updates_max = 100;

Result<std::optional<Quantity>> parse_quantity(const JsonObject& object) {
  const auto* value = object.find("quantity");
  if (value == nullptr) return std::optional<Quantity>();
  if (!value->is_string()) {
    const auto number = object.integer("quantity");
    if (!number) return number.error();
    return std::optional(Quantity{**number, false});
  }
  const auto text = value->get<std::string>();
  const bool plus = text.starts_with('+');
  const char* begin = text.data() + (plus ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t number = 0;
  const auto [stop, ec] = std::from_chars(begin, end, number);
  if (ec != std::errc() || stop != end || (plus && number < 0)) {
    return fail(Errc::invalid_argument, "{}: '{}' is not a number of dynos such as 2, +1 or -1",
                object.path_of("quantity"), printable(text, 40));
  }
  return std::optional(Quantity{number, plus || text.starts_with('-')});
}

// A number or text; null goes back to the default.
Result<std::optional<std::string>> parse_share(const nlohmann::json& strategy, const char* key,
                                               const std::string& path) {
  const auto found = strategy.find(key);
  if (found == strategy.end()) return std::optional<std::string>();
  if (found->is_null()) return std::optional<std::string>("");
  const std::string text = found->is_string()           ? found->get<std::string>()
                           : found->is_number_integer() ? found->dump()
                                                        : std::string("?");
  const auto share = supervisor::Share::parse(path + "." + key, text);
  if (!share) return share.error();
  return std::optional(share->str());
}

Result<> parse_strategy(const JsonObject& object, FormationUpdate& update) {
  const auto* value = object.find("strategy");
  if (value == nullptr) return {};
  const std::string path = object.path_of("strategy");
  if (!value->is_object()) {
    return fail(Errc::invalid_argument, "{}: must be an object", path);
  }
  auto surge = parse_share(*value, "max_surge", path);
  if (!surge) return std::move(surge).error();
  auto unavailable = parse_share(*value, "max_unavailable", path);
  if (!unavailable) return std::move(unavailable).error();
  update.max_surge = std::move(*surge);
  update.max_unavailable = std::move(*unavailable);
  return {};
}

Result<FormationUpdate> parse_update(const JsonObject& object, std::string type) {
  FormationUpdate update;
  update.type = std::move(type);
  auto quantity = parse_quantity(object);
  if (!quantity) return std::move(quantity).error();
  update.quantity = *quantity;
  const auto size = object.identity(object.find("size") != nullptr ? "size" : "dyno_size");
  if (!size) return size.error();
  update.size = *size;
  DAVIT_TRY(parse_strategy(object, update));
  return update;
}

Result<> set_quantity(store::FormationEntry& entry, const Quantity& quantity) {
  // Both are far from overflow: entry.quantity is within the limit, value is checked first.
  const bool absurd = quantity.value > 1'000'000 || quantity.value < -1'000'000;
  const std::int64_t base = quantity.relative ? entry.quantity : 0;
  const std::int64_t wanted = absurd ? quantity.value : base + quantity.value;
  const bool below = wanted < 0 && !quantity.relative;
  if (entry.type.str() == supervisor::release_type && wanted != 0) {
    return fail(Errc::invalid_argument,
                "quantity: 'release' runs once for each release and cannot be scaled");
  }
  if (below || wanted > limits::quantity_max) {
    return fail(Errc::invalid_argument, "quantity: {} can have 0 to {} dynos, not {}",
                entry.type.str(), limits::quantity_max, wanted);
  }
  entry.quantity = static_cast<std::uint32_t>(std::max<std::int64_t>(0, wanted));
  return {};
}

std::string known_types(const std::vector<store::FormationEntry>& formation) {
  std::string names;
  for (const auto& entry : formation) names += (names.empty() ? "" : ", ") + entry.type.str();
  return names;
}

}  // namespace

std::string formation_id(const AppId& app, const ProcessType& type) {
  return auth::derived_uuid("formation/" + app.str() + "/" + type.str());
}

Result<FormationUpdate> parse_formation_update(const nlohmann::json& body, std::string type) {
  const auto object = JsonObject::of(body, "");
  if (!object) return object.error();
  return parse_update(*object, std::move(type));
}

Result<std::vector<FormationUpdate>> parse_formation_batch(const nlohmann::json& body) {
  const auto whole = JsonObject::of(body, "");
  if (!whole) return whole.error();
  const auto* list = whole->find("updates");
  if (list == nullptr || !list->is_array()) {
    return fail(Errc::invalid_argument, "updates: must be an array of {{type, quantity, size}}");
  }
  if (list->size() > updates_max) {
    return fail(Errc::invalid_argument, "updates: has more than {} entries", updates_max);
  }
  std::vector<FormationUpdate> updates;
  for (const auto& item : *list) {
    const auto object = JsonObject::of(item, fmt::format("updates[{}]", updates.size()));
    if (!object) return object.error();
    auto type = object->find("type") != nullptr ? object->required_text("type")
                                                : object->required_text("id");
    if (!type) return std::move(type).error();
    auto update = parse_update(*object, std::move(*type));
    if (!update) return std::move(update).error();
    updates.push_back(std::move(*update));
  }
  return updates;
}

std::vector<store::FormationEntry> full_formation(const AppId& app,
                                                  const store::ProcessTypes& processes,
                                                  const std::vector<store::FormationEntry>& kept) {
  std::vector<store::FormationEntry> formation;
  for (const auto& [name, command] : processes) {
    auto type = ProcessType::parse(name);
    if (!type) continue;
    const auto found = std::ranges::find(kept, *type, &store::FormationEntry::type);
    if (found != kept.end()) {
      formation.push_back(*found);
      continue;
    }
    store::FormationEntry entry;
    entry.app = app;
    entry.type = std::move(*type);
    formation.push_back(std::move(entry));
  }
  return formation;
}

Result<std::vector<store::FormationEntry>> apply_updates(
    std::vector<store::FormationEntry> formation, const std::vector<FormationUpdate>& updates,
    const supervisor::SizeCatalog& sizes) {
  for (const auto& update : updates) {
    const auto found = std::ranges::find_if(formation, [&](const auto& entry) {
      return entry.type.str() == update.type || formation_id(entry.app, entry.type) == update.type;
    });
    if (found == formation.end() && formation.empty()) {
      return fail(Errc::invalid_argument,
                  "Couldn't find that process type ({}): the app has none yet. Deploy it first with "
                  "`git push davit main`.",
                  printable(update.type, 80));
    }
    if (found == formation.end()) {
      return fail(Errc::invalid_argument,
                  "Couldn't find that process type ({}). The app's Procfile has: {}.",
                  printable(update.type, 80), known_types(formation));
    }
    if (update.quantity) DAVIT_TRY(set_quantity(*found, *update.quantity));
    if (update.size) {
      const auto size = sizes.find(*update.size);
      if (!size) return fail(Errc::invalid_argument, "size: {}", size.error().message);
      found->size = size->name;
    }
    if (update.max_surge) found->max_surge = *update.max_surge;
    if (update.max_unavailable) found->max_unavailable = *update.max_unavailable;
    const auto rollout =
        supervisor::Rollout::parse(found->type, found->max_surge, found->max_unavailable);
    if (!rollout) return fail(Errc::invalid_argument, "strategy: {}", rollout.error().message);
  }
  return formation;
}

}  // namespace davit::api
