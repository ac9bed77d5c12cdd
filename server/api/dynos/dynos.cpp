#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "server/api/dynos/dyno_list.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/objects.hpp"

namespace davit::api {
namespace {

using supervisor::DynoState;
using supervisor::DynoView;

enum class Action { restart, stop };

// What restart and stop are told: "web.1", or "web" for every dyno of a type. A type of the current
// release is known also when it has no dyno.
Task<Result<std::string>> find_target(Context& context, AppId app, std::string text) {
  if (const auto dyno = find_dyno(context, app, text)) co_return dyno->name.str();
  for (const auto& dyno : context.services.supervisor.dynos(app)) {
    if (dyno.name.type.str() == text) co_return text;
  }
  auto job = [app, text](store::Stores& stores) {
    const auto current = stores.releases.current(app);
    return current && current->processes.contains(text);
  };
  const bool known = co_await context.services.store.run(std::move(job));
  if (known) co_return text;
  co_return no_such_dyno(text);
}

// 202: it is written down, and goes on. A rolling restart takes as long as the app takes to boot.
Task<Result<Reply>> start_action(Context& context, Call& call, std::string target, Action action) {
  const char* verb = action == Action::restart ? "Restarting" : "Stopping";
  const AppId app = call.the_app().id;
  std::string text = fmt::format("{} {} by user {}", verb, target.empty() ? "all dynos" : target,
                                 call.who().email);
  co_await log_action(context, app, std::move(text));
  auto& supervisor = context.services.supervisor;
  auto acting = action == Action::restart ? supervisor.restart(app, std::move(target))
                                          : supervisor.stop(app, std::move(target));
  const auto done = co_await std::move(acting);
  if (!done) co_return done.error();
  co_return json_reply(202, nlohmann::json::object());
}

Task<Result<Reply>> act_on(Context& context, Call& call, std::string text, Action action) {
  auto target = co_await find_target(context, call.the_app().id, std::move(text));
  if (!target) co_return std::move(target).error();
  co_return co_await start_action(context, call, std::move(*target), action);
}

}  // namespace

std::vector<DynoView> visible_dynos(Context& context, const AppId& app) {
  auto dynos = context.services.supervisor.dynos(app);
  const auto superseded = [&](const DynoView& dyno) {
    if (dyno.state != DynoState::stopping && dyno.state != DynoState::down) return false;
    return std::ranges::any_of(dynos, [&](const DynoView& other) {
      return other.name == dyno.name && other.id != dyno.id && other.state != DynoState::stopping &&
             other.state != DynoState::down;
    });
  };
  std::vector<DynoView> visible;
  std::ranges::copy_if(dynos, std::back_inserter(visible), std::not_fn(superseded));
  return visible;
}

Error no_such_dyno(const std::string& text) {
  return fail(Errc::not_found, "Couldn't find that dyno ({}). `davit ps` lists them.",
              printable(text, 80));
}

std::optional<DynoView> find_dyno(Context& context, const AppId& app, const std::string& text) {
  for (auto& dyno : visible_dynos(context, app)) {
    if (dyno.name.str() == text || dyno.id.str() == text) return std::move(dyno);
  }
  return std::nullopt;
}

Task<Result<Reply>> dyno_list(Context& context, Call& call) {
  auto list = nlohmann::json::array();
  for (const auto& dyno : visible_dynos(context, call.the_app().id)) {
    list.push_back(dyno_json(dyno, call.the_app()));
  }
  co_return json_reply(200, list);
}

Task<Result<Reply>> dyno_info(Context& context, Call& call) {
  const auto dyno = find_dyno(context, call.the_app().id, call.param("dyno"));
  if (!dyno) co_return no_such_dyno(call.param("dyno"));
  co_return json_reply(200, dyno_json(*dyno, call.the_app()));
}

Task<Result<Reply>> dyno_restart_all(Context& context, Call& call) {
  co_return co_await start_action(context, call, "", Action::restart);
}

Task<Result<Reply>> dyno_restart(Context& context, Call& call) {
  co_return co_await act_on(context, call, call.param("dyno"), Action::restart);
}

Task<Result<Reply>> dyno_stop(Context& context, Call& call) {
  co_return co_await act_on(context, call, call.param("dyno"), Action::stop);
}

Task<Result<Reply>> formation_restart(Context& context, Call& call) {
  co_return co_await act_on(context, call, call.param("type"), Action::restart);
}

Task<Result<Reply>> formation_stop(Context& context, Call& call) {
  co_return co_await act_on(context, call, call.param("type"), Action::stop);
}

}  // namespace davit::api
