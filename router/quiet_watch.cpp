#include "router/quiet_watch.hpp"

namespace davit::router {

std::vector<std::string> QuietWatch::look(const Routes& routes, SteadyTime now) {
  std::vector<std::string> quiet;
  std::unordered_map<std::string, Seen> kept;
  for (const App& app : routes.apps()) {
    if (app.quiet_after.count() <= 0 || app.dynos.empty()) continue;
    std::uint64_t requests = 0;
    bool busy = false;
    for (const TargetPtr& dyno : app.dynos) {
      requests += dyno->requests;
      busy = busy || dyno->in_flight > 0;
    }
    const auto known = apps_.find(app.name);
    Seen seen = known == apps_.end() ? Seen{requests, now, std::nullopt} : known->second;
    // New dynos begin to count anew, so the sum may also be smaller.
    if (busy || requests != seen.requests) seen = {requests, now, std::nullopt};
    const bool due = !seen.told || now - *seen.told >= told_again_after;
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
