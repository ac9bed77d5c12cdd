#pragma once
#include <deque>
#include <map>
#include <unordered_map>

#include "base/clock.hpp"
#include "server/meter.hpp"
#include "server/metrics/sample.hpp"

namespace davit::metrics {

// Adds up what comes in until a step is over. Never stores a request. Pure; io thread only.
class Collector {
 public:
  void used(const AppId& app, const DynoName& name, const DynoId& dyno, const dyno::Usage& usage,
            SteadyTime now);
  void requested(const AppId& app, const RequestFact& request);
  void served(const AppId& app, const TrafficFact& traffic);
  void in_flight(const AppId& app, std::uint64_t requests);

  // The step is over: what came in it, by app; apps of which nothing was heard are left out.
  const std::map<AppId, Sample>& close_step(SteadyTime now);
  // Requests of the last closed steps and of the open one, without dynos.
  Sample recent(const AppId& app, std::size_t steps) const;

 private:
  struct Seen {
    std::uint64_t cpu_micros = 0;
    SteadyTime at;
  };
  std::map<AppId, Sample> open_;
  std::deque<std::map<AppId, Sample>> closed_;  // oldest first
  std::unordered_map<DynoId, Seen> seen_;
};

}  // namespace davit::metrics
