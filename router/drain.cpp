#include "router/drain.hpp"

#include <boost/asio/post.hpp>

namespace davit::router {

DrainTracker::~DrainTracker() {
  for (auto& [target, owner] : draining_) owner->retired.store(nullptr);
}

std::vector<TargetPtr> DrainTracker::leave(const Routes& before, const Routes& after) {
  std::vector<TargetPtr> left;
  for (const auto& [id, target] : before.dynos()) {
    const auto still = after.dynos().find(id);
    if (still != after.dynos().end() && still->second == target) continue;
    target->leaving.store(true);
    draining_.emplace(target.get(), target);
    left.push_back(target);
  }
  return left;
}

void DrainTracker::retire(const std::vector<TargetPtr>& left) {
  for (const TargetPtr& target : left) {
    // Told before the look: the last request looks for a listener after it has left.
    target->retired.store(this);
    look(target.get());
  }
}

std::vector<std::string> DrainTracker::draining() const {
  std::vector<std::string> ids;
  for (const auto& [target, owner] : draining_) ids.push_back(target->id);
  return ids;
}

void DrainTracker::on_drained(const Target& target) {
  asio::post(main_, [this, gone = &target] { look(gone); });
}

// Maybe told of before, and forgotten: then `target` is only a name.
void DrainTracker::look(const Target* target) {
  const auto found = draining_.find(target);
  if (found == draining_.end()) return;
  if (found->second->retired.load() != this || found->second->busy()) return;
  const TargetPtr held = std::move(found->second);
  draining_.erase(found);
  held->retired.store(nullptr);
  handler_(held->id);
}

}  // namespace davit::router
