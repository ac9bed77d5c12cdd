#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::supervisor {

// What a type's owner asked for: between `min` and `max` dynos, so that the measure stays below
// `target`.
struct AutoscaleRules {
  enum class Measure {
    p95_response,  // 95 of 100 requests are answered within
    p95_queue,     // 95 of 100 requests wait for a dyno no longer than
  };
  std::uint32_t min = 1;
  std::uint32_t max = 1;
  Measure measure = Measure::p95_response;
  std::chrono::milliseconds target{500};
  friend bool operator==(const AutoscaleRules&, const AutoscaleRules&) = default;

  // invalid_argument naming the option. What keeps a rule from being nonsense; see limits.hpp.
  static Result<AutoscaleRules> check(AutoscaleRules rules);
};

// What the router saw of the app in one window, WebSockets and errors of clients left out.
struct TrafficSample {
  std::chrono::milliseconds p95{0};  // of the rules' measure
  std::uint64_t requests = 0;
};

struct ScaleDecision {
  std::int32_t change = 0;  // -1, 0, +1
  std::string reason;       // for the log; empty where nothing changes
};

// How soon it acts.
struct AutoscalePace {
  std::chrono::milliseconds up_after = limits::scale_up_after;      // above the target
  std::chrono::milliseconds down_after = limits::scale_down_after;  // where one less would do
  std::chrono::milliseconds apart = limits::scale_apart;            // after any change
};

// One type's controller. Pure: call it once a window. Up after half a minute above the target, down
// after five quiet minutes in which one dyno less would have done as well; never two changes within
// a minute. The gap between the two conditions is the hysteresis: without it a formation at the
// edge would change its size for ever.
class Autoscaler {
 public:
  explicit Autoscaler(AutoscaleRules rules, AutoscalePace pace = {}) : rules_(rules), pace_(pace) {}
  const AutoscaleRules& rules() const { return rules_; }
  ScaleDecision look(const TrafficSample& sample, std::uint32_t quantity, SteadyTime now);

 private:
  ScaleDecision change(std::int32_t by, std::string reason, SteadyTime now);
  bool may_change(SteadyTime now, std::chrono::milliseconds apart) const;
  bool one_less_would_do(const TrafficSample& sample, std::uint32_t quantity) const;
  const char* measure_name() const;

  AutoscaleRules rules_;
  AutoscalePace pace_;
  std::optional<SteadyTime> above_since_;
  std::optional<SteadyTime> calm_since_;
  std::optional<SteadyTime> changed_;
};

}  // namespace davit::supervisor
