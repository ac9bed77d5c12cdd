#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "server/api/apps/app_input.hpp"
#include "server/api/apps/app_names.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/list_range.hpp"
#include "server/api/shape/objects.hpp"

namespace davit::api {
namespace {

constexpr int random_name_tries = 10;

const ListRules app_rules{{"name", "id", "created_at", "updated_at"}, false};

// One step on the store thread: count, then insert.
Result<store::App> insert_app(store::Stores& stores, const store::App& app, bool admin,
                              const ReleaseId& release) {
  const std::size_t max = admin ? limits::apps_per_admin : limits::apps_per_user;
  if (stores.apps.list_owned(app.owner).size() >= max) {
    return fail(Errc::invalid_argument,
                "You have reached the limit of {} apps. Destroy one you no longer need: `davit "
                "apps:destroy --confirm NAME`.",
                max);
  }
  return stores.apps.create(app, release);
}

Task<Result<store::App>> create_row(Context& context, Call& call, std::optional<AppName> name) {
  const Services& services = context.services;
  const int tries = name ? 1 : random_name_tries;
  store::App app;
  for (int i = 0; i < tries; ++i) {
    app.id = AppId::make(services.random);
    app.name = name ? *name : AppName::parse(random_app_name(services.random)).value();
    app.owner = call.who().user;
    app.created_at = services.clock.wall();
    app.updated_at = app.created_at;
    const ReleaseId release = ReleaseId::make(services.random);
    auto job = [app, release, admin = call.who().admin](store::Stores& stores) {
      return insert_app(stores, app, admin, release);
    };
    auto made = co_await context.services.store.run(std::move(job));
    if (made || made.error().code != Errc::conflict) co_return made;
  }
  co_return name_taken(app.name);
}

Task<Result<Reply>> list_apps(Context& context, Call& call, bool all) {
  auto job = [all, owner = call.who().user](store::Stores& stores) {
    std::vector<AppView> views;
    const Emails emails = emails_of(stores);
    for (auto& app : all ? stores.apps.list() : stores.apps.list_owned(owner)) {
      const UserRef user = user_ref(app.owner, emails);
      views.push_back({std::move(app), user, std::nullopt});
    }
    return views;
  };
  const auto views = co_await context.services.store.run(std::move(job));
  std::vector<nlohmann::json> items;
  for (const auto& view : views) items.push_back(app_json(view, context.options.urls));
  co_return list_reply(std::move(items), call.range(), app_rules);
}

}  // namespace

Task<Result<Reply>> app_create(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  DAVIT_CO_TRY(check_single_choice(*body, "region", region_name));
  DAVIT_CO_TRY(check_single_choice(*body, "stack", stack_name));
  auto name = wanted_name(*body);
  if (!name) co_return std::move(name).error();
  auto app = co_await create_row(context, call, std::move(*name));
  if (!app) co_return std::move(app).error();
  const auto ready = co_await context.services.lifecycle.created(*app);
  if (!ready) {
    auto undo = [id = app->id](store::Stores& stores) { return stores.apps.remove(id); };
    const auto undone = co_await context.services.store.run(std::move(undo));
    if (!undone) log::error("half-made app not removed", {{"app", app->name.str()}});
    co_return ready.error();
  }
  const std::string by = " by user " + call.who().email;
  co_await log_action(context, app->id, "Initial release" + by);
  co_await log_action(context, app->id, "Release v1 created" + by);
  const auto view = co_await view_app(context, *app);
  co_return json_reply(201, app_json(view, context.options.urls));
}

// Every app that the caller may use.
Task<Result<Reply>> app_list(Context& context, Call& call) {
  co_return co_await list_apps(context, call, call.who().admin);
}

Task<Result<Reply>> app_list_owned(Context& context, Call& call) {
  co_return co_await list_apps(context, call, false);
}

Task<Result<Reply>> app_info(Context& context, Call& call) {
  const auto view = co_await view_app(context, call.the_app());
  co_return json_reply(200, app_json(view, context.options.urls));
}

}  // namespace davit::api
