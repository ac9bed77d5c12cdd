#include "server/api/dynos/formation_change.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/duration.hpp"
#include "base/encoding.hpp"
#include "server/api/dynos/dyno_size.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/objects.hpp"
#include "server/supervisor/rollout.hpp"
#include "store/database.hpp"

namespace davit::api {
namespace {

struct Formation {
  std::vector<store::FormationEntry> entries;
  store::ProcessTypes commands;
};

// Store thread. Before the first deploy there are no process types.
Result<Formation> read_formation(store::Stores& stores, const AppId& app) {
  auto current = stores.releases.current(app);
  if (!current && current.error().code != Errc::not_found) return std::move(current).error();
  Formation formation;
  if (current) formation.commands = std::move(current->processes);
  formation.entries = full_formation(app, formation.commands, stores.formations.list(app));
  return formation;
}

struct Changed {
  Formation formation;
  std::vector<store::FormationEntry> scaled;
  std::vector<store::FormationEntry> arranged;  // their strategy is another
  std::vector<std::string> said;                // what else is another, for the log
};

std::vector<std::string> describe_changes(const store::FormationEntry& old,
                                          const store::FormationEntry& entry) {
  std::vector<std::string> said;
  const std::string type = entry.type.str();
  if (old.sleep_after_ms != entry.sleep_after_ms) {
    said.push_back(
        entry.sleep_after_ms == 0
            ? fmt::format("Set {} to never sleep", type)
            : fmt::format("Set {} to sleep after {} without a request", type,
                          format_duration(std::chrono::milliseconds(entry.sleep_after_ms))));
  }
  const auto& scale = entry.autoscale;
  if (old.autoscale != scale) {
    said.push_back(
        scale.max == 0
            ? fmt::format("Disable autoscaling of {}", type)
            : fmt::format("Enable autoscaling of {} from {} to {} dynos for a p95 {} below {}",
                          type, scale.min, scale.max,
                          scale.measure == "queue" ? "wait" : "response time",
                          format_duration(std::chrono::milliseconds(scale.target_ms))));
  }
  // It is told now and not when the autoscaler undoes it.
  const bool outside = scale.max > 0 && old.quantity != entry.quantity && entry.quantity > 0 &&
                       (entry.quantity < scale.min || entry.quantity > scale.max);
  if (outside) {
    said.push_back(
        fmt::format("Autoscaling of {} keeps it between {} and {} dynos and will change {} back;"
                    " `davit ps:autoscale:disable {}` ends that. Scaled",
                    type, scale.min, scale.max, entry.quantity, type));
  }
  return said;
}

// One transaction: two clients that say "+1" at once make two more.
Result<Changed> write_formation(store::Stores& stores, const AppId& app,
                                const std::vector<FormationUpdate>& updates,
                                const supervisor::SizeCatalog& sizes) {
  store::Transaction transaction(stores.database);
  auto formation = read_formation(stores, app);
  if (!formation) return std::move(formation).error();
  auto after = apply_updates(formation->entries, updates, sizes);
  if (!after) return std::move(after).error();
  Changed changed;
  for (std::size_t i = 0; i < after->size(); ++i) {
    const auto& old = formation->entries[i];
    const auto& entry = (*after)[i];
    const bool scaled = old.quantity != entry.quantity || old.size != entry.size;
    const bool arranged =
        old.max_surge != entry.max_surge || old.max_unavailable != entry.max_unavailable;
    const auto said = describe_changes(old, entry);
    if (!scaled && !arranged && said.empty()) continue;
    changed.said.insert(changed.said.end(), said.begin(), said.end());
    DAVIT_TRY(stores.formations.set(entry));
    if (scaled) changed.scaled.push_back(entry);
    if (arranged) changed.arranged.push_back(entry);
  }
  transaction.commit();
  formation->entries = std::move(*after);
  changed.formation = std::move(*formation);
  return changed;
}

Task<Result<Formation>> change_formation(Context& context, Call& call,
                                         std::vector<FormationUpdate> updates) {
  auto job = [app = call.the_app().id, updates = std::move(updates),
              &sizes = context.services.sizes](store::Stores& stores) {
    return write_formation(stores, app, updates, sizes);
  };
  auto changed = co_await context.services.store.run(std::move(job));
  if (!changed) co_return std::move(changed).error();
  if (changed->scaled.empty() && changed->arranged.empty() && changed->said.empty()) {
    co_return std::move(changed->formation);
  }
  context.services.supervisor.changed(call.the_app().id);
  std::string scaled;
  for (const auto& entry : changed->scaled) {
    scaled += fmt::format(" {}@{}:{}", entry.type.str(), entry.quantity, shown_size(entry.size));
  }
  if (!scaled.empty()) {
    co_await log_action(context, call.the_app().id,
                        "Scaled to" + scaled + " by user " + call.who().email);
  }
  for (const std::string& said : changed->said) {
    co_await log_action(context, call.the_app().id, said + " by user " + call.who().email);
  }
  for (const auto& entry : changed->arranged) {
    const auto rollout =
        supervisor::Rollout::parse(entry.type, entry.max_surge, entry.max_unavailable);
    std::string text =
        fmt::format("Set {} to max_surge={} max_unavailable={} by user {}", entry.type.str(),
                    rollout->surge.str(), rollout->unavailable.str(), call.who().email);
    co_await log_action(context, call.the_app().id, std::move(text));
  }
  co_return std::move(changed->formation);
}

nlohmann::json entry_json(const Formation& formation, const store::FormationEntry& entry,
                          const store::App& app) {
  const auto command = formation.commands.find(entry.type.str());
  return formation_json(entry, command == formation.commands.end() ? "" : command->second, app);
}

Reply formation_reply(const Formation& formation, const store::App& app) {
  auto list = nlohmann::json::array();
  for (const auto& entry : formation.entries) list.push_back(entry_json(formation, entry, app));
  return json_reply(200, list);
}

Reply entry_reply(const Formation& formation, const std::string& type, const store::App& app) {
  for (const auto& entry : formation.entries) {
    if (entry.type.str() == type || formation_id(app.id, entry.type) == type) {
      return json_reply(200, entry_json(formation, entry, app));
    }
  }
  return failure_reply({404, "not_found",
                        "Couldn't find that process type (" + printable(type, 80) + ").",
                        "formation"});
}

Task<Result<Formation>> load_formation(Context& context, AppId app) {
  auto job = [app = std::move(app)](store::Stores& stores) { return read_formation(stores, app); };
  co_return co_await context.services.store.run(std::move(job));
}

}  // namespace

Task<Result<Reply>> formation_list(Context& context, Call& call) {
  const auto formation = co_await load_formation(context, call.the_app().id);
  if (!formation) co_return formation.error();
  co_return formation_reply(*formation, call.the_app());
}

Task<Result<Reply>> formation_info(Context& context, Call& call) {
  const auto formation = co_await load_formation(context, call.the_app().id);
  if (!formation) co_return formation.error();
  co_return entry_reply(*formation, call.param("type"), call.the_app());
}

Task<Result<Reply>> formation_batch_update(Context& context, Call& call) {
  auto updates = parse_formation_batch(*call.body);
  if (!updates) co_return std::move(updates).error();
  const auto formation = co_await change_formation(context, call, std::move(*updates));
  if (!formation) co_return formation.error();
  co_return formation_reply(*formation, call.the_app());
}

Task<Result<Reply>> formation_update(Context& context, Call& call) {
  auto update = parse_formation_update(*call.body, call.param("type"));
  if (!update) co_return std::move(update).error();
  std::vector<FormationUpdate> updates;
  updates.push_back(std::move(*update));
  const auto formation = co_await change_formation(context, call, std::move(updates));
  if (!formation) co_return formation.error();
  co_return entry_reply(*formation, call.param("type"), call.the_app());
}

}  // namespace davit::api
