#pragma once
#include "server/supervisor/autoscaler.hpp"
#include "server/supervisor/limits.hpp"
#include "server/supervisor/plan.hpp"
#include "server/supervisor/restart_policy.hpp"
#include "server/supervisor/sizes.hpp"

namespace davit::supervisor {

// What the admin decides for all dynos. Read once at start.
struct DynoPolicy {
  SizeCatalog sizes = SizeCatalog::defaults(machine_memory());
  Timeouts timeouts;
  RestartPolicy restart;
  std::chrono::milliseconds sleep_stop_after = limits::sleep_stop_after;
  AutoscalePace autoscale;
  bool cycle = false;  // replace every dyno once a day, as the vendor does
};

}  // namespace davit::supervisor
