#include "router/route_table.hpp"

#include <fmt/format.h>

namespace davit::router {
namespace {

Result<TargetPtr> make_target(const std::string& id, const std::string& name,
                              const Endpoint& endpoint) {
  auto address = Address::parse(endpoint.address);
  if (!address) return std::move(address).error();
  auto target = std::make_shared<Target>();
  target->id = id;
  target->name = name;
  target->address = std::move(*address);
  return target;
}

}  // namespace

Routes::Compiled Routes::compile(const RouteTable& table, const Routes* previous) {
  auto routes = std::make_shared<Routes>();
  Compiled compiled;
  routes->version_ = table.version;
  const bool same_control = previous != nullptr && previous->control_ &&
                            previous->control_->address.text() == table.control.address;
  if (same_control) {
    routes->control_ = previous->control_;
  } else if (auto control = make_target("", "control", table.control)) {
    routes->control_ = std::move(*control);
  } else {
    compiled.problems.push_back("control plane: " + control.error().message);
  }
  if (routes->control_) {
    for (const std::string& host : table.control_hosts) routes->hosts_.emplace(host, is_control);
  }
  routes->apps_.reserve(table.apps.size());
  for (const AppRoute& app : table.apps) routes->add_app(app, previous, compiled.problems);
  compiled.routes = std::move(routes);
  return compiled;
}

void Routes::add_app(const AppRoute& route, const Routes* previous,
                     std::vector<std::string>& problems) {
  App app{route.app,
          route.state,
          route.maintenance,
          std::chrono::milliseconds(route.quiet_after_ms),
          route.https_redirect,
          route.hsts_seconds,
          {}};
  app.dynos.reserve(route.dynos.size());
  for (const DynoRoute& dyno : route.dynos) {
    TargetPtr target;
    if (previous != nullptr) {
      const auto known = previous->dynos_.find(dyno.id);
      if (known != previous->dynos_.end() &&
          known->second->address.text() == dyno.endpoint.address) {
        target = known->second;
      }
    }
    if (!target) {
      auto made = make_target(dyno.id, dyno.name, dyno.endpoint);
      if (!made) {
        problems.push_back(
            fmt::format("dyno {} of app '{}': {}", dyno.name, route.app, made.error().message));
        continue;
      }
      target = std::move(*made);
      target->table = version_;
    }
    if (!dynos_.emplace(dyno.id, target).second) {
      problems.push_back(
          fmt::format("dyno {} of app '{}': its id is in the table twice", dyno.name, route.app));
      continue;
    }
    app.dynos.push_back(std::move(target));
  }
  // One host in two apps: the first keeps it, and the others' hosts still work.
  for (const std::string& host : route.hosts) {
    if (!hosts_.emplace(host, apps_.size()).second) {
      problems.push_back(fmt::format("host '{}' of app '{}' is taken", host, route.app));
    }
  }
  apps_.push_back(std::move(app));
}

Routes::Match Routes::find(std::string_view host) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return {};
  if (found->second == is_control) return {nullptr, &control_};
  return {&apps_[found->second], nullptr};
}

}  // namespace davit::router
