#pragma once
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "server/supervisor/app_pages.hpp"
#include "server/supervisor/plan.hpp"
#include "store/records.hpp"

namespace davit::supervisor {

struct ServedDyno {
  DynoId id;
  DynoName name;
  std::uint16_t port = 0;
  bool isolated = false;       // behind its door; else on a port of the host
  std::uint32_t weight = 100;  // its share of the requests, beside the others'
};

// What becomes of requests while no dyno serves, after how long without one the supervisor wants to
// hear of it, and how they are shared among the dynos that serve.
struct WebRoute {
  WebState state = WebState::serving;
  std::chrono::milliseconds quiet_after{0};  // 0: never
  store::RoutingRecord routing{};
  AppPages pages{};
  bool json_log = false;
};

// What the supervisor tells whoever keeps the route table (server/routing). io thread only.
class Routes {
 public:
  virtual ~Routes() = default;
  virtual void set(const store::App& app, WebRoute web, std::vector<ServedDyno> dynos) = 0;
  virtual void remove(const AppId& app) = 0;
  // Returns when requests are served by all that was set before the call, or at the deadline.
  virtual Task<> settled(SteadyTime deadline) = 0;
};

}  // namespace davit::supervisor
