#include <nlohmann/json.hpp>
#include <ranges>

#include "server/api/handlers.hpp"
#include "server/api/list_range.hpp"
#include "server/api/objects.hpp"
#include "server/api/stream_slot.hpp"
#include "server/auth/secrets.hpp"

namespace davit::api {
namespace {

const ListRules build_rules{{"created_at", "id", "updated_at"}, false};

Error no_such_build() { return fail(Errc::not_found, "Couldn't find that build."); }

// The URL is its own permission (clients send no credentials there), so it is signed.
std::string signature(const Context& context, const BuildId& build) {
  return auth::keyed_hash(context.stream_key, "build-output/" + build.str());
}

std::string output_url(const Context& context, const BuildId& build) {
  return context.options.urls.control() + "/streams/builds/" + build.str() + "/" +
         signature(context, build);
}

Result<BuildView> read_build(store::Stores& stores, const AppId& app, const BuildId& id) {
  auto build = stores.builds.find(id);
  if (!build && build.error().code != Errc::not_found) return std::move(build).error();
  if (!build || build->app != app) return no_such_build();
  const UserRef user = user_ref(build->user, emails_of(stores));
  return BuildView{std::move(*build), user, ""};
}

}  // namespace

Task<Result<Reply>> build_list(Context& context, Call& call) {
  auto job = [app = call.the_app().id](store::Stores& stores) {
    std::vector<BuildView> views;
    const Emails emails = emails_of(stores);
    for (auto& build : stores.builds.list(app, limits::listed_max)) {
      const UserRef user = user_ref(build.user, emails);
      views.push_back({std::move(build), user, ""});
    }
    return views;
  };
  auto views = co_await context.services.store.run(std::move(job));
  std::vector<nlohmann::json> items;
  for (auto& view : views | std::views::reverse) {
    view.output_url = output_url(context, view.build.id);
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
  view->output_url = output_url(context, view->build.id);
  co_return json_reply(200, build_json(*view));
}

Task<Result<Reply>> build_output(Context& context, Call& call) {
  const auto id = BuildId::parse(call.param("build"));
  if (!id || !auth::same_secret(signature(context, *id), call.param("signature"))) {
    co_return no_such_build();
  }
  auto job = [id = *id](store::Stores& stores) { return stores.builds.find(id); };
  const auto build = co_await context.services.store.run(std::move(job));
  if (!build) co_return no_such_build();
  const auto slot = StreamSlot::take(context, build->app);
  if (!slot) co_return slot.error();
  const auto output = context.services.build_outputs.open(*id);
  if (!output) co_return output.error();
  http::ResponseHead head;
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  head.fields.add("Cache-Control", "no-store");
  head.fields.add("X-Content-Type-Options", "nosniff");
  const auto started = co_await call.exchange.start(std::move(head));
  if (!started) co_return streamed_reply();
  for (;;) {
    auto bytes = co_await (*output)->next();
    if (!bytes || bytes->empty()) break;
    const auto written = co_await call.exchange.write(std::move(*bytes));
    if (!written) co_return streamed_reply();
  }
  (void)co_await call.exchange.finish();
  co_return streamed_reply();
}

}  // namespace davit::api
