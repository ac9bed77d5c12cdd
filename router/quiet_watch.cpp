#include "router/quiet_watch.hpp"

#include <algorithm>

namespace davit::router {

std::vector<std::string> QuietWatch::look(const Routes& routes, SteadyTime now) {
  std::vector<std::string> quiet;
  std::unordered_map<std::string, Seen> kept;
  for (const App& app : routes.apps()) {
    if (app.quiet_after.count() <= 0 || app.dynos->empty()) continue;
    std::uint64_t requests = 0, tables = 0;
    bool busy = false;
    for (const TargetPtr& dyno : app.dynos->all()) {
      requests += dyno->begun();
      tables += dyno->table;
      busy = busy || dyno->busy();
    }
    const auto known = apps_.find(app.name);
    Seen seen = known == apps_.end() ? Seen{requests, tables, now, std::nullopt} : known->second;
    const bool other = requests != seen.requests || tables != seen.tables;
    if (busy || other) seen = {requests, tables, now, std::nullopt};
    const auto again = std::clamp(app.quiet_after, told_again_min, told_again_max);
    const bool due = !seen.told || now - *seen.told >= again;
    if (due && now - seen.since >= app.quiet_after) {
      seen.told = now;
      quiet.push_back(app.name);
    }
    kept.emplace(app.name, seen);
  }
  apps_ = std::move(kept);
  return quiet;
}

void QuietWatch::tell_again() {
  for (auto& [app, seen] : apps_) seen.told.reset();
}

}  // namespace davit::router
