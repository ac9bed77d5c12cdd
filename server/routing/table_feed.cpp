#include "server/routing/table_feed.hpp"

namespace davit::routing {

bool TableFeed::set(const AppId& app, router::AppRoute route) {
  auto& kept = routes_[app];
  if (kept == route) return false;
  // A name may have gone to another app already.
  const auto named = by_name_.find(kept.app);
  if (named != by_name_.end() && named->second == app) by_name_.erase(named);
  by_name_[route.app] = app;
  kept = std::move(route);
  changed_.insert(app);
  return true;
}

bool TableFeed::remove(const AppId& app) {
  const auto found = routes_.find(app);
  if (found == routes_.end()) return false;
  const auto named = by_name_.find(found->second.app);
  if (named != by_name_.end() && named->second == app) by_name_.erase(named);
  routes_.erase(found);
  changed_.insert(app);
  return true;
}

const AppId* TableFeed::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

router::Command TableFeed::next(int protocol) {
  const bool whole = std::exchange(whole_, false) || protocol < router::changes_version;
  router::Command command = whole ? whole_table() : change();
  changed_.clear();
  return command;
}

router::Command TableFeed::whole_table() {
  router::SetTable set;
  set.table.version = ++version_;
  set.table.control_hosts = control_.hosts;
  set.table.control = control_.endpoint;
  set.table.apps.reserve(routes_.size());
  for (const auto& [id, route] : routes_) set.table.apps.push_back(route);
  return set;
}

router::Command TableFeed::change() {
  router::TableChange change;
  change.from = version_;
  change.to = ++version_;
  for (const AppId& id : changed_) {
    const auto found = routes_.find(id);
    if (found == routes_.end()) {
      change.removed.push_back(id.str());
    } else {
      change.changed.push_back(found->second);
    }
  }
  return router::ChangeTable{std::move(change)};
}

}  // namespace davit::routing
