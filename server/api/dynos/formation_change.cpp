#include "server/api/dynos/formation_change.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/duration.hpp"
#include "base/encoding.hpp"
#include "server/api/limits.hpp"
#include "server/api/shape/json_input.hpp"
#include "server/auth/secrets.hpp"
#include "server/supervisor/autoscaler.hpp"
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

// "30m"; null goes back to never.
Result<> parse_sleep(const nlohmann::json& object, const std::string& path,
                     FormationUpdate& update) {
  const auto found = object.find("sleep_after");
  if (found == object.end()) return {};
  if (found->is_null()) {
    update.sleep_after_ms = 0;
    return {};
  }
  if (!found->is_string()) {
    return fail(Errc::invalid_argument, "{}: must be a time such as \"30m\", or null", path);
  }
  const auto time =
      parse_duration(found->get<std::string>(),
                     {supervisor::limits::sleep_after_min, supervisor::limits::sleep_after_max});
  if (!time) return fail(Errc::invalid_argument, "{}: {}", path, time.error().message);
  update.sleep_after_ms = time->count();
  return {};
}

// {"min", "max", "measure": "response" | "queue", "target": "300ms"}; null switches it off.
Result<> parse_autoscale(const nlohmann::json& object, const std::string& path,
                         FormationUpdate& update) {
  const auto found = object.find("autoscale");
  if (found == object.end()) return {};
  store::AutoscaleEntry entry;
  if (found->is_null()) {
    update.autoscale = entry;
    return {};
  }
  const auto fields = JsonObject::of(*found, path);
  if (!fields) return fields.error();
  const auto min = fields->integer("min");
  if (!min) return min.error();
  const auto max = fields->integer("max");
  if (!max) return max.error();
  const auto measure = fields->text("measure");
  if (!measure) return measure.error();
  const auto target = fields->required_text("target");
  if (!target) return target.error();
  const auto time = parse_duration(*target, {supervisor::limits::autoscale_target_min,
                                             supervisor::limits::autoscale_target_max});
  if (!time) return fail(Errc::invalid_argument, "{}.target: {}", path, time.error().message);
  entry.measure = measure->value_or("response");
  if (entry.measure != "response" && entry.measure != "queue") {
    return fail(Errc::invalid_argument, "{}.measure: must be response or queue", path);
  }
  constexpr std::int64_t most = supervisor::limits::autoscale_dynos_max;
  supervisor::AutoscaleRules rules;
  rules.min = static_cast<std::uint32_t>(std::clamp<std::int64_t>(min->value_or(1), 0, most + 1));
  rules.max = static_cast<std::uint32_t>(std::clamp<std::int64_t>(max->value_or(0), 0, most + 1));
  rules.target = *time;
  const auto checked = supervisor::AutoscaleRules::check(rules);
  if (!checked) return fail(Errc::invalid_argument, "{}.{}", path, checked.error().message);
  entry.min = rules.min;
  entry.max = rules.max;
  entry.target_ms = time->count();
  update.autoscale = std::move(entry);
  return {};
}

Result<FormationUpdate> parse_update(const JsonObject& object, const nlohmann::json& json,
                                     std::string type) {
  FormationUpdate update;
  update.type = std::move(type);
  auto quantity = parse_quantity(object);
  if (!quantity) return std::move(quantity).error();
  update.quantity = *quantity;
  const auto size = object.identity(object.find("size") != nullptr ? "size" : "dyno_size");
  if (!size) return size.error();
  update.size = *size;
  DAVIT_TRY(parse_strategy(object, update));
  DAVIT_TRY(parse_sleep(json, object.path_of("sleep_after"), update));
  DAVIT_TRY(parse_autoscale(json, object.path_of("autoscale"), update));
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

// Only web dynos have requests by which it is known that nobody needs them, or that more are
// needed.
Result<> set_rest_and_scale(store::FormationEntry& entry, const FormationUpdate& update) {
  const bool web = entry.type.str() == supervisor::web_type;
  if (!web && update.sleep_after_ms.value_or(0) > 0) {
    return fail(Errc::invalid_argument,
                "sleep_after: {} dynos never sleep; only web's requests tell that nobody needs it",
                entry.type.str());
  }
  if (!web && update.autoscale && update.autoscale->max > 0) {
    return fail(Errc::invalid_argument,
                "autoscale: {} cannot be scaled by requests; only web has any", entry.type.str());
  }
  entry.sleep_after_ms = update.sleep_after_ms.value_or(entry.sleep_after_ms);
  if (update.autoscale) entry.autoscale = *update.autoscale;
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
  return parse_update(*object, body, std::move(type));
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
    auto update = parse_update(*object, item, std::move(*type));
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
      return fail(
          Errc::invalid_argument,
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
    DAVIT_TRY(set_rest_and_scale(*found, update));
    if (update.max_surge) found->max_surge = *update.max_surge;
    if (update.max_unavailable) found->max_unavailable = *update.max_unavailable;
    const auto rollout =
        supervisor::Rollout::parse(found->type, found->max_surge, found->max_unavailable);
    if (!rollout) return fail(Errc::invalid_argument, "strategy: {}", rollout.error().message);
  }
  return formation;
}

}  // namespace davit::api
