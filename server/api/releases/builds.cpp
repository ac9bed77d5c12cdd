#include <nlohmann/json.hpp>
#include <ranges>

#include "server/api/handlers.hpp"
#include "server/api/shape/list_range.hpp"
#include "server/api/shape/objects.hpp"
#include "server/api/shape/output_stream.hpp"

namespace davit::api {
namespace {

const ListRules build_rules{{"created_at", "id", "updated_at"}, false};

Error no_such_build() { return fail(Errc::not_found, "Couldn't find that build."); }

OutputStream stream_of(const BuildId& build) { return {"builds", build.str()}; }

// What its row does not know: where it stands right now.
void complete(const Context& context, BuildView& view) {
  view.output_url = stream_of(view.build.id).url(context);
  if (view.build.status != store::Status::pending) return;
  view.progress = context.services.builds.progress(view.build.id);
}

Result<BuildView> read_build(store::Stores& stores, const AppId& app, const BuildId& id) {
  auto build = stores.builds.find(id);
  if (!build && build.error().code != Errc::not_found) return std::move(build).error();
  if (!build || build->app != app) return no_such_build();
  const UserRef user = user_ref(build->user, emails_of(stores));
  return BuildView{std::move(*build), user, "", {}};
}

}  // namespace

Task<Result<Reply>> build_list(Context& context, Call& call) {
  auto job = [app = call.the_app().id](store::Stores& stores) {
    std::vector<BuildView> views;
    const Emails emails = emails_of(stores);
    for (auto& build : stores.builds.list(app, limits::listed_max)) {
      const UserRef user = user_ref(build.user, emails);
      views.push_back({std::move(build), user, "", {}});
    }
    return views;
  };
  auto views = co_await context.services.store.run(std::move(job));
  std::vector<nlohmann::json> items;
  for (auto& view : views | std::views::reverse) {
    complete(context, view);
    items.push_back(build_json(view));
  }
  co_return list_reply(std::move(items), call.range(), build_rules);
}

Task<Result<Reply>> build_info(Context& context, Call& call) {
  const auto id = BuildId::parse(call.param("build"));
  if (!id) co_return no_such_build();
  auto job = [app = call.the_app().id, id = *id](store::Stores& stores) {
    return read_build(stores, app, id);
  };
  auto view = co_await context.services.store.run(std::move(job));
  if (!view) co_return std::move(view).error();
  complete(context, *view);
  co_return json_reply(200, build_json(*view));
}

Task<Result<Reply>> build_cancel(Context& context, Call& call) {
  const auto id = BuildId::parse(call.param("build"));
  if (!id) co_return no_such_build();
  auto job = [app = call.the_app().id, id = *id](store::Stores& stores) {
    return read_build(stores, app, id);
  };
  auto view = co_await context.services.store.run(std::move(job));
  if (!view) co_return std::move(view).error();
  DAVIT_CO_TRY(context.services.builds.cancel(*id, call.who().email));
  auto text = fmt::format("Build {} cancelled by user {}", id->str(), call.who().email);
  auto app = call.the_app().id;
  co_await log_action(context, std::move(app), std::move(text));
  complete(context, *view);
  co_return json_reply(200, build_json(*view));
}

Task<Result<Reply>> build_cache_delete(Context& context, Call& call) {
  auto app = call.the_app().id;
  DAVIT_CO_TRY(co_await context.services.builds.purge_cache(std::move(app)));
  co_return json_reply(200, nlohmann::json::object());
}

Task<Result<Reply>> build_output(Context& context, Call& call) {
  const auto id = BuildId::parse(call.param("build"));
  if (!id || !stream_of(*id).signed_by(context, call.param("signature"))) {
    co_return no_such_build();
  }
  auto job = [id = *id](store::Stores& stores) { return stores.builds.find(id); };
  const auto build = co_await context.services.store.run(std::move(job));
  if (!build) co_return no_such_build();
  auto stream = stream_of(*id);
  co_return co_await stream_output(context, call, build->app, std::move(stream));
}

}  // namespace davit::api
