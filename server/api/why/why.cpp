#include <nlohmann/json.hpp>

#include "server/api/handlers.hpp"
#include "server/api/why/problems.hpp"

namespace davit::api {
namespace {

template <class T>
std::optional<T> known(Result<T> result) {
  return result ? std::optional<T>(std::move(*result)) : std::nullopt;
}

// Store thread.
AppState read_state(store::Stores& stores, const runtimes::Runtimes& runtimes, store::App app) {
  AppState state;
  const AppId id = app.id;
  state.app = std::move(app);
  state.current = known(stores.releases.current(id));
  state.latest = known(stores.releases.latest(id));
  state.canary = stores.releases.canary(id);
  state.canary_rules = stores.canaries.find(id);
  auto builds = stores.builds.list(id, 1);
  if (!builds.empty()) state.latest_build = std::move(builds.front());
  state.formation = stores.formations.list(id);
  if (!state.current || !state.current->slug) return state;
  state.cron_jobs = cron_views(stores, id);
  for (const auto& runtime : state.current->runtimes) {
    const bool changed = runtime.origin == "distribution" &&
                         runtimes.has_changed(runtime.executable, runtime.identity);
    if (changed) state.changed_runtimes.push_back(runtime);
  }
  return state;
}

Reply problems_reply(Context& context, std::vector<AppState> states) {
  auto list = nlohmann::json::array();
  for (auto& state : states) {
    state.dynos = context.services.supervisor.dynos(state.app.id);
    state.sizes = &context.services.sizes;
    state.now = context.services.clock.wall();
    for (const auto& problem : find_problems(state)) {
      list.push_back({{"app", state.app.name.str()},
                      {"code", problem.code},
                      {"subject", problem.subject},
                      {"message", problem.message},
                      {"because", problem.because},
                      {"next", problem.next}});
    }
  }
  nlohmann::json body = nlohmann::json::object();
  body["problems"] = std::move(list);
  return json_reply(200, body);
}

}  // namespace

Task<Result<Reply>> why_app(Context& context, Call& call) {
  auto job = [&runtimes = context.services.runtimes, app = call.the_app()](store::Stores& stores) {
    std::vector<AppState> states;
    states.push_back(read_state(stores, runtimes, app));
    return states;
  };
  auto states = co_await context.services.store.run(std::move(job));
  co_return problems_reply(context, std::move(states));
}

Task<Result<Reply>> why_all(Context& context, Call& call) {
  auto job = [&runtimes = context.services.runtimes, who = call.who()](store::Stores& stores) {
    std::vector<AppState> states;
    for (auto& app : who.admin ? stores.apps.list() : stores.apps.list_owned(who.user)) {
      states.push_back(read_state(stores, runtimes, std::move(app)));
    }
    return states;
  };
  auto states = co_await context.services.store.run(std::move(job));
  co_return problems_reply(context, std::move(states));
}

}  // namespace davit::api
