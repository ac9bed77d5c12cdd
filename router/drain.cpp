#include "router/drain.hpp"

namespace davit::router {

DrainTracker::~DrainTracker() {
  for (auto& [target, owner] : draining_) owner->retired = nullptr;
}

std::vector<TargetPtr> DrainTracker::retire(const Routes& before, const Routes& after) {
  std::vector<TargetPtr> retired;
  for (const auto& [id, target] : before.dynos()) {
    const auto still = after.dynos().find(id);
    if (still != after.dynos().end() && still->second == target) continue;
    target->retired = this;
    draining_.emplace(target.get(), target);
    retired.push_back(target);
  }
  return retired;
}

void DrainTracker::report_idle(const std::vector<TargetPtr>& retired) {
  for (const TargetPtr& target : retired) {
    if (target->in_flight == 0) on_drained(*target);
  }
}

std::vector<std::string> DrainTracker::draining() const {
  std::vector<std::string> ids;
  for (const auto& [target, owner] : draining_) ids.push_back(target->id);
  return ids;
}

void DrainTracker::on_drained(const Target& target) {
  const auto found = draining_.find(&target);
  if (found == draining_.end()) return;
  const TargetPtr held = std::move(found->second);
  draining_.erase(found);
  held->retired = nullptr;
  handler_(held->id);
}

}  // namespace davit::router
