#include <nlohmann/json.hpp>

#include "server/api/apps/app_input.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/objects.hpp"
#include "store/database.hpp"

namespace davit::api {
namespace {

struct AppChange {
  std::optional<AppName> name;
  std::optional<bool> maintenance;
};

Result<store::App> write_change(store::Stores& stores, const AppId& id, const AppChange& change,
                                WallTime now) {
  store::Transaction transaction(stores.database);
  if (change.name) {
    const auto renamed = stores.apps.rename(id, *change.name, now);
    if (!renamed && renamed.error().code == Errc::conflict) return name_taken(*change.name);
    if (!renamed) return renamed.error();
  }
  if (change.maintenance) DAVIT_TRY(stores.apps.set_maintenance(id, *change.maintenance, now));
  auto app = stores.apps.find(id);
  if (app) transaction.commit();
  return app;
}

}  // namespace

Task<Result<Reply>> app_update(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  DAVIT_CO_TRY(check_single_choice(*body, "build_stack", stack_name));
  auto name = wanted_name(*body);
  if (!name) co_return std::move(name).error();
  const auto maintenance = body->flag("maintenance");
  if (!maintenance) co_return maintenance.error();
  const store::App before = call.the_app();
  AppChange change{std::move(*name), *maintenance};
  if (change.name == before.name) change.name.reset();
  if (change.maintenance == before.maintenance) change.maintenance.reset();
  const bool renamed = change.name.has_value();
  const bool switched = change.maintenance.has_value();
  auto job = [id = before.id, change = std::move(change), now = context.services.clock.wall()](
                 store::Stores& stores) { return write_change(stores, id, change, now); };
  auto app = co_await context.services.store.run(std::move(job));
  if (!app) co_return std::move(app).error();
  const std::string by = " by user " + call.who().email;
  if (renamed || switched) context.services.supervisor.changed(app->id);
  if (renamed) co_await log_action(context, app->id, "Renamed to " + app->name.str() + by);
  if (switched) {
    const char* mode = app->maintenance ? "Enabled" : "Disabled";
    co_await log_action(context, app->id, std::string(mode) + " maintenance mode" + by);
  }
  const auto view = co_await view_app(context, *app);
  co_return json_reply(200, app_json(view, context.options.urls));
}

Task<Result<Reply>> app_delete(Context& context, Call& call) {
  // Seen before it goes, for the answer.
  const auto view = co_await view_app(context, call.the_app());
  const auto destroyed = co_await context.services.releases.destroy_app(call.the_app().id);
  if (!destroyed) co_return destroyed.error();
  co_return json_reply(200, app_json(view, context.options.urls));
}

}  // namespace davit::api
