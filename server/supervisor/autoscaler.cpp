#include "server/supervisor/autoscaler.hpp"

#include "server/supervisor/limits.hpp"

namespace davit::supervisor {

Result<AutoscaleRules> AutoscaleRules::check(AutoscaleRules rules) {
  if (rules.min < 1 || rules.min > limits::autoscale_dynos_max) {
    return fail(Errc::invalid_argument, "min: must be from 1 to {}; scale to 0 by hand",
                limits::autoscale_dynos_max);
  }
  if (rules.max < rules.min || rules.max > limits::autoscale_dynos_max) {
    return fail(Errc::invalid_argument, "max: must be from {} (min) to {}", rules.min,
                limits::autoscale_dynos_max);
  }
  if (rules.target < limits::autoscale_target_min || rules.target > limits::autoscale_target_max) {
    return fail(Errc::invalid_argument, "target: must be from 1ms to 30s");
  }
  return rules;
}

const char* Autoscaler::measure_name() const {
  return rules_.measure == AutoscaleRules::Measure::p95_queue ? "p95 wait for a dyno"
                                                              : "p95 response time";
}

bool Autoscaler::may_change(SteadyTime now, std::chrono::milliseconds apart) const {
  return !changed_ || now - *changed_ >= apart;
}

ScaleDecision Autoscaler::change(std::int32_t by, std::string reason, SteadyTime now) {
  changed_ = now;
  above_since_.reset();
  calm_since_.reset();
  return {by, std::move(reason)};
}

// What n dynos bear, n - 1 bear with n / (n - 1) of the load each; times grow at least as fast.
bool Autoscaler::one_less_would_do(const TrafficSample& sample, std::uint32_t quantity) const {
  if (quantity <= 1) return false;
  const auto expected = sample.p95 * quantity / (quantity - 1);
  return expected * 100 < rules_.target * limits::scale_down_below_percent;
}

ScaleDecision Autoscaler::look(const TrafficSample& sample, std::uint32_t quantity,
                               SteadyTime now) {
  if (quantity == 0) return {};  // its owner switched it off
  if (quantity < rules_.min) {
    return change(+1, fmt::format("fewer than the minimum of {} dynos", rules_.min), now);
  }
  if (quantity > rules_.max) {
    return change(-1, fmt::format("more than the maximum of {} dynos", rules_.max), now);
  }
  const bool above = sample.requests > 0 && sample.p95 > rules_.target;
  const bool calm = sample.requests == 0 || one_less_would_do(sample, quantity);
  if (!above) above_since_.reset();
  if (!calm) calm_since_.reset();
  if (above && !above_since_) above_since_ = now;
  if (calm && !calm_since_) calm_since_ = now;

  const bool up = above_since_ && now - *above_since_ >= pace_.up_after;
  if (up && quantity < rules_.max && may_change(now, pace_.apart)) {
    return change(
        +1,
        fmt::format("{} {} ms is above {} ms for {} s", measure_name(), sample.p95.count(),
                    rules_.target.count(),
                    std::chrono::duration_cast<std::chrono::seconds>(now - *above_since_).count()),
        now);
  }
  const bool down = calm_since_ && now - *calm_since_ >= pace_.down_after;
  if (down && quantity > rules_.min && may_change(now, pace_.down_after)) {
    return change(
        -1,
        fmt::format("{} {} ms leaves room below {} ms for {} s", measure_name(), sample.p95.count(),
                    rules_.target.count(),
                    std::chrono::duration_cast<std::chrono::seconds>(now - *calm_since_).count()),
        now);
  }
  return {};
}

}  // namespace davit::supervisor
