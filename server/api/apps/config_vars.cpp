#include <nlohmann/json.hpp>

#include "server/api/apps/config_change.hpp"
#include "server/api/handlers.hpp"

namespace davit::api {
namespace {

// Of a config change, whether its release succeeded or not.
Task<Result<store::ConfigVars>> newest_config(Context& context, AppId app) {
  auto job = [app](store::Stores& stores) -> Result<store::ConfigVars> {
    auto release = stores.releases.configured(app);
    if (!release) return std::move(release).error();
    return std::move(release->config);
  };
  co_return co_await context.services.store.run(std::move(job));
}

Reply config_reply(const store::ConfigVars& config) {
  auto body = nlohmann::json::object();
  for (const auto& [key, value] : config) body[key] = value;
  return json_reply(200, body);
}

}  // namespace

Task<Result<Reply>> config_info(Context& context, Call& call) {
  const auto config = co_await newest_config(context, call.the_app().id);
  if (!config) co_return config.error();
  co_return config_reply(*config);
}

Task<Result<Reply>> config_update(Context& context, Call& call) {
  auto change = parse_config_change(*call.body);
  if (!change) co_return std::move(change).error();
  const auto release = co_await context.services.releases.change_config(
      call.the_app().id, call.who().user, std::move(*change));
  if (!release) co_return release.error();
  co_return config_reply(release->config);
}

}  // namespace davit::api
