#pragma once
#include <string>
#include <vector>

#include "router/protocol/table.hpp"
#include "server/supervisor/routes.hpp"

namespace davit::routing {

// What the supervisor says of an app, in the router's words. Pure.
struct RouteWords {
  std::string domain;                       // apps are <app>.<domain>
  std::string dyno_sockets;                 // where the dynos' doors are
  int protocol = router::protocol_version;  // the router's
};
router::AppRoute app_route(const store::App& app, supervisor::WebRoute web,
                           const std::vector<supervisor::ServedDyno>& dynos,
                           const RouteWords& words);

}  // namespace davit::routing
