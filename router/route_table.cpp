#include "router/route_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "router/affinity.hpp"

namespace davit::router {
namespace {

std::string_view key_of(const AppRoute& route) { return route.id.empty() ? route.app : route.id; }

bool same_dynos(const App& app, const std::vector<DynoRoute>& dynos) {
  const auto targets = app.dynos.all();
  if (targets.size() != dynos.size()) return false;
  for (std::size_t i = 0; i < dynos.size(); ++i) {
    const Target& target = *targets[i];
    const bool same = target.id == dynos[i].id && target.name == dynos[i].name &&
                      target.endpoint == dynos[i].endpoint.address &&
                      app.dynos.weight_of(i) == dynos[i].weight;
    if (!same) return false;
  }
  return true;
}

Result<TargetPtr> make_target(const std::string& id, const std::string& name,
                              const std::string& endpoint) {
  const auto address = Address::parse(endpoint);
  if (!address) return address.error();
  auto target = std::make_shared<Target>();
  target->id = id;
  target->name = name;
  target->endpoint = endpoint;
  return target;
}

const TargetPtr* find_target(const DynoSet& dynos, const std::string& id) {
  const auto all = dynos.all();
  const auto found = std::ranges::find(all, id, [](const TargetPtr& each) { return each->id; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

AppRoute App::route() const {
  AppRoute route = settings;
  const auto targets = dynos.all();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    route.dynos.push_back(
        {targets[i]->id, targets[i]->name, {targets[i]->endpoint}, dynos.weight_of(i)});
  }
  return route;
}

// Makes one table out of another.
class Routes::Builder {
 public:
  explicit Builder(const Routes& previous)
      : previous_(previous), routes_(std::make_shared<Routes>(previous)) {}

  void set_control(const RouteTable& table) {
    for (const std::string& host : *routes_->control_hosts_) {
      const App* const* owner = routes_->hosts_.find(host);
      if (owner != nullptr && *owner == nullptr) routes_->hosts_.erase(host);
    }
    routes_->control_hosts_ = std::make_shared<const std::vector<std::string>>(table.control_hosts);
    if (!routes_->control_ || routes_->control_address_ != table.control.address) {
      routes_->control_address_ = table.control.address;
      auto control = make_target("", "control", table.control.address);
      if (!control) problem("control plane: " + control.error().message);
      routes_->control_ = control ? std::move(*control) : nullptr;
    }
    if (!routes_->control_) return;
    for (const std::string& host : *routes_->control_hosts_) routes_->hosts_.insert(host, nullptr);
  }

  // First all that go, then all that come: what one gives up another may take.
  void take_out(std::string_view key) {
    const AppPtr* const found = routes_->apps_.find(key);
    if (found == nullptr) return;
    const AppPtr app = *found;
    for (const std::string& host : app->settings.hosts) {
      const App* const* owner = routes_->hosts_.find(host);
      if (owner != nullptr && *owner == app.get()) routes_->hosts_.erase(host);
    }
    routes_->affinity_count_ -= app->affinity() ? 1 : 0;
    routes_->apps_.erase(key);
    taken_out_.insert(app);
  }

  void put_in(AppRoute route) {
    if (routes_->apps_.find(key_of(route)) != nullptr) {
      return problem(fmt::format("app '{}' is in the table twice", route.app));
    }
    const AppPtr* const before = find_before(route);
    auto app = std::make_shared<App>();
    app->gate = before != nullptr ? (*before)->gate : std::make_shared<Gate>();
    app->dynos = make_dynos(route, before != nullptr ? before->get() : nullptr, app->gate);
    app->settings = std::move(route);
    // It may be big: not for what is gone from it.
    app->settings.dynos = {};
    if (before != nullptr) {
      compare(**before, *app);
      taken_out_.erase(*before);
    }
    // One host in two apps: the first keeps it, and the others' hosts still work.
    for (const std::string& host : app->settings.hosts) {
      if (!routes_->hosts_.insert(host, app.get())) {
        problem(fmt::format("host '{}' of app '{}' is taken", host, app->settings.app));
      }
    }
    routes_->affinity_count_ += app->affinity() ? 1 : 0;
    compiled_.changed.push_back(app);
    const std::string_view key = key_of(app->settings);
    routes_->apps_.insert(key, std::move(app));
  }

  // Nothing of it is different.
  bool is_known(AppRoute& route) const {
    const AppPtr* const before = previous_.apps_.find(key_of(route));
    if (before == nullptr || !same_dynos(**before, route.dynos)) return false;
    auto dynos = std::exchange(route.dynos, {});
    const bool same = (*before)->settings == route;
    route.dynos = std::move(dynos);
    return same;
  }

  Compiled finish(std::uint64_t version) {
    for (const AppPtr& app : taken_out_) {
      for (const TargetPtr& target : app->dynos.all()) compiled_.left.push_back({target, false});
      compiled_.gone.push_back(app);
    }
    routes_->version_ = version;
    for (const AppPtr& app : compiled_.changed) {
      for (const TargetPtr& target : app->dynos.all()) {
        if (target->table == 0) target->table = version;
      }
    }
    compiled_.routes = std::move(routes_);
    return std::move(compiled_);
  }

 private:
  void problem(std::string text) { compiled_.problems.push_back(std::move(text)); }

  const AppPtr* find_before(const AppRoute& route) const {
    const AppPtr* const known = previous_.apps_.find(key_of(route));
    if (known != nullptr) return known;
    // The table before was an older davitd's.
    const AppPtr* const by_name = previous_.apps_.find(route.app);
    return by_name != nullptr && (*by_name)->settings.id.empty() ? by_name : nullptr;
  }

  DynoSet make_dynos(const AppRoute& route, const App* before, const GatePtr& gate) {
    std::vector<DynoSet::Member> members;
    members.reserve(route.dynos.size());
    std::unordered_set<std::string_view> ids;
    for (const DynoRoute& dyno : route.dynos) {
      if (!ids.insert(dyno.id).second) {
        problem(
            fmt::format("dyno {} of app '{}': its id is in the table twice", dyno.name, route.app));
        continue;
      }
      const TargetPtr* const known =
          before != nullptr ? find_target(before->dynos, dyno.id) : nullptr;
      const bool same = known != nullptr && (*known)->endpoint == dyno.endpoint.address &&
                        (*known)->name == dyno.name;
      auto made =
          same ? Result<TargetPtr>(*known) : make_target(dyno.id, dyno.name, dyno.endpoint.address);
      if (!made) {
        problem(fmt::format("dyno {} of app '{}': {}", dyno.name, route.app, made.error().message));
        continue;
      }
      if (!same) (*made)->gate = gate;
      members.push_back(
          {std::move(*made), dyno.weight, affinity_token(route.affinity_key, dyno.id)});
    }
    DynoSet::Rules rules;
    rules.policy = route.policy;
    if (route.concurrency != 0) {
      rules.concurrency = std::min(route.concurrency, limits::requests_per_dyno_max);
    }
    return DynoSet(std::move(members), rules);
  }

  void compare(const App& before, const App& after) {
    for (const TargetPtr& target : before.dynos.all()) {
      const TargetPtr* const now = find_target(after.dynos, target->id);
      if (now != nullptr && *now == target) continue;
      compiled_.left.push_back({target, now != nullptr});
    }
  }

  const Routes& previous_;
  std::shared_ptr<Routes> routes_;
  Compiled compiled_;
  std::unordered_set<AppPtr> taken_out_;
};

Routes::Compiled Routes::compile(RouteTable table, const Routes& previous) {
  Builder builder(previous);
  std::unordered_set<std::string_view> known;
  std::vector<AppRoute*> others;
  for (AppRoute& app : table.apps) {
    if (builder.is_known(app) && known.insert(key_of(app)).second) continue;
    others.push_back(&app);
  }
  std::vector<std::string> gone;
  previous.apps_.for_each([&](const AppPtr& app) {
    const std::string_view key = key_of(app->settings);
    if (!known.contains(key)) gone.emplace_back(key);
  });
  for (const std::string& key : gone) builder.take_out(key);
  builder.set_control(table);
  for (AppRoute* app : others) builder.put_in(std::move(*app));
  return builder.finish(table.version);
}

Result<Routes::Compiled> Routes::compile(TableChange change, const Routes& previous) {
  if (previous.version_ != change.from) {
    return fail(Errc::conflict, "the change begins with version {} and the table is version {}",
                change.from, previous.version_);
  }
  Builder builder(previous);
  for (const std::string& id : change.removed) builder.take_out(id);
  for (const AppRoute& app : change.changed) builder.take_out(app.id);
  for (AppRoute& app : change.changed) builder.put_in(std::move(app));
  return builder.finish(change.to);
}

Routes::Match Routes::find(std::string_view host) const {
  const App* const* const found = hosts_.find(host);
  if (found == nullptr) return {};
  if (*found == nullptr) return {nullptr, &control_};
  return {*found, nullptr};
}

RouteTable Routes::table() const {
  RouteTable table;
  table.version = version_;
  table.control_hosts = *control_hosts_;
  table.control.address = control_address_;
  table.apps.reserve(apps_.size());
  for_each_app([&table](const App& app) { table.apps.push_back(app.route()); });
  return table;
}

std::string Routes::text() const {
  RouteTable frame;
  frame.version = version_;
  frame.control_hosts = *control_hosts_;
  frame.control.address = control_address_;
  TableText text(frame);
  for_each_app([&text](const App& app) { text.add(app.route()); });
  return text.finish();
}

}  // namespace davit::router
