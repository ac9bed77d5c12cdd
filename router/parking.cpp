#include "router/parking.hpp"

#include "router/limits.hpp"

namespace davit::router {

bool Parking::park(const std::string& app, Parked& request) {
  Queue& queue = queues_[app];
  request.unlink();
  // Counting walks the list: a thousand steps at most, and only for requests that wait anyway.
  if (queue.size() >= limits::parked_per_app_max) return false;
  queue.push_back(request);
  return true;
}

void Parking::wake_all() {
  Queue woken;
  for (auto& [app, queue] : queues_) woken.splice(woken.end(), queue);
  queues_.clear();
  while (!woken.empty()) {
    Parked& request = woken.front();
    woken.pop_front();
    request.on_wake();
  }
}

std::size_t Parking::size(const std::string& app) const {
  const auto found = queues_.find(app);
  return found == queues_.end() ? 0 : found->second.size();
}

}  // namespace davit::router
