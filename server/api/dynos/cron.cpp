// The jobs of app.json's cron (`davit cron`): endpoints of our own.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/api/dynos/cron_jobs.hpp"
#include "server/api/handlers.hpp"

namespace davit::api {

Task<Result<Reply>> cron_list(Context& context, Call& call) {
  auto job = [app = call.the_app().id](store::Stores& stores) { return cron_views(stores, app); };
  const auto views = co_await context.services.store.run(std::move(job));
  auto list = nlohmann::json::array();
  for (const CronView& view : views) {
    list.push_back(cron_json(view, call.the_app(), context.services.clock.wall()));
  }
  co_return json_reply(200, list);
}

Task<Result<Reply>> cron_run(Context& context, Call& call) {
  const std::string id = call.param("job");
  const auto run = co_await context.services.cron.start_now(call.the_app(), id, call.who().email);
  if (!run) co_return run.error();
  auto job = [app = call.the_app().id](store::Stores& stores) { return cron_views(stores, app); };
  auto views = co_await context.services.store.run(std::move(job));
  const auto view = std::ranges::find(views, id, [](const CronView& v) { return v.job.id(); });
  if (view == views.end()) {
    co_return fail(Errc::conflict, "Cron job {} was started; a deploy has removed it since.", id);
  }
  co_return json_reply(201, cron_json(*view, call.the_app(), context.services.clock.wall()));
}

}  // namespace davit::api
