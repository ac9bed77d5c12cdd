#include "router/upstream_pool.hpp"

#include "router/limits.hpp"

namespace davit::router {

std::optional<Socket> UpstreamPool::take(const TargetPtr& target) {
  const auto found = idle_.find(target);
  if (found == idle_.end()) return std::nullopt;
  auto& stack = found->second;
  while (!stack.empty()) {
    Socket socket = std::move(stack.back().socket);
    stack.pop_back();
    // The race of keep-alive: a server may close an idle connection at any time, and what it sends
    // unasked belongs to no request.
    if (socket.is_quiet()) return socket;
  }
  return std::nullopt;
}

void UpstreamPool::put(const TargetPtr& target, Socket socket, SteadyTime now) {
  auto& stack = idle_[target];
  if (stack.size() < limits::idle_upstreams_per_dyno_max) stack.push_back({std::move(socket), now});
}

void UpstreamPool::close(const TargetPtr& target) { idle_.erase(target); }

void UpstreamPool::sweep(SteadyTime now, std::chrono::milliseconds idle_max) {
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    std::erase_if(entry->second, [now, idle_max](Idle& idle) {
      return now - idle.since > idle_max || !idle.socket.is_quiet();
    });
    entry = entry->second.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

std::size_t UpstreamPool::size() const {
  std::size_t count = 0;
  for (const auto& [target, stack] : idle_) count += stack.size();
  return count;
}

}  // namespace davit::router
