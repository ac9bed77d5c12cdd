#include "server/routing/app_route.hpp"

#include <fmt/format.h>

#include "base/door.hpp"
#include "base/time_format.hpp"

namespace davit::routing {
namespace {

router::AppState state_of(supervisor::WebState state, int protocol) {
  switch (state) {
    case supervisor::WebState::serving: return router::AppState::serving;
    case supervisor::WebState::starting: return router::AppState::starting;
    case supervisor::WebState::crashed: return router::AppState::crashed;
    case supervisor::WebState::asleep: break;
  }
  // An older router would refuse the whole table for a word that it does not know.
  return protocol >= router::sleep_version ? router::AppState::asleep : router::AppState::starting;
}

std::string endpoint_of(const supervisor::ServedDyno& dyno, const std::string& dyno_sockets) {
  if (!dyno.isolated) return fmt::format("127.0.0.1:{}", dyno.port);
  return fmt::format("dyno:{}/{}{}", dyno_sockets, dyno.id.str(), door::file_suffix);
}

}  // namespace

router::AppRoute app_route(const store::App& app, supervisor::WebRoute web,
                           const std::vector<supervisor::ServedDyno>& dynos,
                           const RouteWords& words) {
  router::AppRoute route;
  route.app = app.name.str();
  route.hosts = {app.name.str() + "." + words.domain};
  route.maintenance = app.maintenance;
  if (app.paused_until) route.paused_until_ms = to_micros(*app.paused_until) / 1000;
  route.json_log = web.json_log;
  route.error_page = std::move(web.pages.error);
  route.maintenance_page = std::move(web.pages.maintenance);
  route.state = state_of(web.state, words.protocol);
  route.quiet_after_ms = web.quiet_after.count();
  route.id = app.id.str();
  route.concurrency = web.routing.concurrency;
  route.policy = router::parse_policy(web.routing.policy).value_or(router::Policy::least);
  if (web.routing.affinity) route.affinity_key = web.routing.affinity_key;
  route.https_redirect = web.routing.https_redirect;
  route.hsts_seconds = web.routing.hsts_seconds;
  for (const auto& dyno : dynos) {
    router::DynoRoute entry;
    entry.id = dyno.id.str();
    entry.name = dyno.name.str();
    entry.endpoint = {endpoint_of(dyno, words.dyno_sockets)};
    entry.weight = dyno.weight;
    route.dynos.push_back(std::move(entry));
  }
  return route;
}

}  // namespace davit::routing
