#pragma once
#include <optional>
#include <unordered_map>
#include <vector>

#include "router/net/socket.hpp"
#include "router/target.hpp"

namespace davit::router {

// Idle keep-alive connections by target, the warmest on top. One thread's.
class UpstreamPool {
 public:
  // A connection that nobody closed and nothing came on, or none.
  std::optional<Socket> take(const TargetPtr& target);
  void put(const TargetPtr& target, Socket socket, SteadyTime now);
  void close(const TargetPtr& target);
  void close_all() { idle_.clear(); }
  // Closes what was idle for longer, and what the other side has closed. Now and then.
  void sweep(SteadyTime now, std::chrono::milliseconds idle_max);
  std::size_t size() const;

 private:
  struct Idle {
    Socket socket;
    SteadyTime since;
  };
  std::unordered_map<TargetPtr, std::vector<Idle>> idle_;
};

}  // namespace davit::router
