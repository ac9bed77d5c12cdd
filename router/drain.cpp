#include "router/drain.hpp"

#include <boost/asio/post.hpp>

namespace davit::router {

DrainTracker::~DrainTracker() {
  for (auto& [target, left] : draining_) left.target->retired.store(nullptr);
}

void DrainTracker::leave(const std::vector<Routes::Left>& left) {
  for (const Routes::Left& each : left) {
    each.target->leaving.store(true);
    draining_.emplace(each.target.get(), each);
  }
}

void DrainTracker::retire(const std::vector<Routes::Left>& left) {
  for (const Routes::Left& each : left) {
    // Told before the look: the last request looks for a listener after it has left.
    each.target->retired.store(this);
    look(each.target.get());
  }
}

std::vector<std::string> DrainTracker::draining() const {
  std::vector<std::string> ids;
  for (const auto& [target, left] : draining_) {
    if (!left.replaced) ids.push_back(target->id);
  }
  return ids;
}

void DrainTracker::on_drained(const Target& target) {
  asio::post(main_, [this, gone = &target] { look(gone); });
}

// Maybe told of before, and forgotten: then `target` is only a name.
void DrainTracker::look(const Target* target) {
  const auto found = draining_.find(target);
  if (found == draining_.end()) return;
  const TargetPtr held = found->second.target;
  if (held->retired.load() != this || held->busy()) return;
  // Of one whose id still serves, elsewhere, nobody waits to hear.
  const bool replaced = found->second.replaced;
  draining_.erase(found);
  held->retired.store(nullptr);
  if (!replaced) handler_(held->id);
}

}  // namespace davit::router
