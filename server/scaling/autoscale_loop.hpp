#pragma once
#include <map>
#include <utility>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "server/logs/log_service.hpp"
#include "server/metrics/metrics.hpp"
#include "server/store_thread.hpp"
#include "server/supervisor/autoscaler.hpp"
#include "server/supervisor/supervisor.hpp"

namespace davit::scaling {

// What the autoscaler looks at, of what the router saw in a while. Pure.
supervisor::TrafficSample traffic_of(const metrics::Sample& sample,
                                     supervisor::AutoscaleRules::Measure measure);

// Scales the types whose owners asked for it, as `davit ps:scale` would: no release. Every decision
// is in the app's log with its reason. io thread only.
class AutoscaleLoop {
 public:
  struct Services {
    asio::any_io_executor executor;
    StoreThread& store;
    supervisor::Supervisor& supervisor;
    metrics::Metrics& metrics;
    logs::LogService& logs;
    const Clock& clock;
  };
  AutoscaleLoop(Services services, supervisor::AutoscalePace pace)
      : services_(services), pace_(pace) {}

  Task<> run();  // until cancelled
  Task<> look_at_all();

 private:
  using Key = std::pair<AppId, ProcessType>;
  Task<> look_at(store::FormationEntry entry);
  Task<> apply(store::FormationEntry entry, supervisor::ScaleDecision decision);
  bool sleeps(const AppId& app) const;

  Services services_;
  supervisor::AutoscalePace pace_;
  std::map<Key, supervisor::Autoscaler> scalers_;
};

}  // namespace davit::scaling
