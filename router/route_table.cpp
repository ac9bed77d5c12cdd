#include "router/route_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "router/affinity.hpp"

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

void Routes::add_app(const AppRoute& route, const Routes* previous, Problems& problems) {
  const GatePtr gate = gate_of(route, previous);
  App app;
  app.name = route.app;
  app.state = route.state;
  app.maintenance = route.maintenance;
  app.quiet_after = std::chrono::milliseconds(route.quiet_after_ms);
  app.https_redirect = route.https_redirect;
  app.hsts_seconds = route.hsts_seconds;
  app.gate = gate;
  app.affinity = !route.affinity_key.empty();
  app.paused_until = WallTime(std::chrono::milliseconds(route.paused_until_ms));
  app.json_log = route.json_log;
  app.error_page = route.error_page;
  app.maintenance_page = route.maintenance_page;
  app.dynos = add_dynos(route, previous, gate, problems);
  any_affinity_ = any_affinity_ || app.affinity;
  // One host in two apps: the first keeps it, and the others' hosts still work.
  for (const std::string& host : route.hosts) {
    if (!hosts_.emplace(host, apps_.size()).second) {
      problems.push_back(fmt::format("host '{}' of app '{}' is taken", host, route.app));
    }
  }
  apps_.push_back(std::move(app));
}

GatePtr Routes::gate_of(const AppRoute& route, const Routes* previous) {
  const std::string& key = route.id.empty() ? route.app : route.id;
  const auto [entry, is_new] = gates_.try_emplace(key);
  // Two apps of one name: each has its own, and a stranger's requests never meet.
  if (!is_new) return std::make_shared<Gate>();
  if (previous != nullptr) {
    const auto known = previous->gates_.find(key);
    if (known != previous->gates_.end()) entry->second = known->second;
    // The table before was an older davitd's.
    const auto by_name = previous->gates_.find(route.app);
    if (!entry->second && by_name != previous->gates_.end()) entry->second = by_name->second;
  }
  if (!entry->second) entry->second = std::make_shared<Gate>();
  return entry->second;
}

std::shared_ptr<const DynoSet> Routes::add_dynos(const AppRoute& route, const Routes* previous,
                                                 const GatePtr& gate, Problems& problems) {
  std::vector<DynoSet::Member> members;
  members.reserve(route.dynos.size());
  for (const DynoRoute& dyno : route.dynos) {
    TargetPtr target;
    if (previous != nullptr) {
      const auto known = previous->dynos_.find(dyno.id);
      if (known != previous->dynos_.end() && known->second->gate == gate &&
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
      target->gate = gate;
    }
    if (!dynos_.emplace(dyno.id, target).second) {
      problems.push_back(
          fmt::format("dyno {} of app '{}': its id is in the table twice", dyno.name, route.app));
      continue;
    }
    members.push_back(
        {std::move(target), dyno.weight, affinity_token(route.affinity_key, dyno.id)});
  }
  DynoSet::Rules rules;
  rules.policy = route.policy;
  if (route.concurrency != 0) {
    rules.concurrency = std::min(route.concurrency, limits::requests_per_dyno_max);
  }
  return std::make_shared<const DynoSet>(std::move(members), rules);
}

Routes::Match Routes::find(std::string_view host) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return {};
  if (found->second == is_control) return {nullptr, &control_};
  return {&apps_[found->second], nullptr};
}

}  // namespace davit::router
