#include "router/quiet_watch.hpp"

#include <algorithm>

namespace davit::router {

std::vector<std::string> QuietWatch::look(const Routes& routes, SteadyTime now) {
  std::vector<std::string> quiet;
  std::unordered_map<std::string, Seen> kept;
  routes.for_each_app([&](const App& app) {
    const std::chrono::milliseconds quiet_after(app.settings.quiet_after_ms);
    if (quiet_after.count() <= 0 || app.dynos.empty()) return;
    std::uint64_t requests = 0, tables = 0;
    bool busy = false;
    for (const TargetPtr& dyno : app.dynos.all()) {
      requests += dyno->begun();
      tables += dyno->table;
      busy = busy || dyno->busy();
    }
    const std::string& name = app.settings.app;
    const auto known = apps_.find(name);
    Seen seen = known == apps_.end() ? Seen{requests, tables, now, std::nullopt} : known->second;
    const bool other = requests != seen.requests || tables != seen.tables;
    if (busy || other) seen = {requests, tables, now, std::nullopt};
    const auto again = std::clamp(quiet_after, told_again_min, told_again_max);
    const bool due = !seen.told || now - *seen.told >= again;
    if (due && now - seen.since >= quiet_after) {
      seen.told = now;
      quiet.push_back(name);
    }
    kept.emplace(name, seen);
  });
  apps_ = std::move(kept);
  return quiet;
}

void QuietWatch::tell_again() {
  for (auto& [app, seen] : apps_) seen.told.reset();
}

}  // namespace davit::router
