#include "server/supervisor/canary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "server/supervisor/limits.hpp"
#include "server/supervisor/plan.hpp"
#include "server/supervisor/rollout.hpp"

namespace davit::supervisor {
namespace {

constexpr std::uint32_t heaviest = 10'000;  // the router's weight_max

struct Interval {
  double from = 0;
  double to = 1;
};

// Wilson's score interval of a rate.
Interval interval_of(double rate, double count) {
  if (count == 0) return {};
  const double z = limits::canary_deviations;
  const double z2 = z * z;
  const double middle = rate + z2 / (2 * count);
  const double reach = z * std::sqrt(rate * (1 - rate) / count + z2 / (4 * count * count));
  const double scale = 1 + z2 / count;
  return {(middle - reach) / scale, (middle + reach) / scale};
}

}  // namespace

bool is_canary_name(const DynoName& name) {
  return name.number > canary_numbers_after && name.type.str() == web_type;
}

std::uint32_t canary_quantity(std::uint32_t web_dynos, std::uint32_t percent) {
  return Share{percent, true}.of(web_dynos, true);
}

CanaryWeights canary_weights(std::uint32_t current, std::uint32_t canary, std::uint32_t percent) {
  CanaryWeights weights{(100 - percent) * canary, percent * current};
  const std::uint32_t most = std::max({weights.current, weights.canary, 1u});
  for (std::uint32_t* const weight : {&weights.current, &weights.canary}) {
    if (most <= heaviest) {
      *weight *= heaviest / most;
    } else {  // a restart serves the old and the new dynos of a formation for a while
      const std::uint64_t scaled = std::uint64_t{*weight} * heaviest / most;
      *weight = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(scaled));
    }
  }
  // The router takes dynos of one weight for one group and shares by load alone within it.
  if (weights.current == weights.canary) --weights.canary;
  return weights;
}

double CanaryWatch::Counts::rate() const {
  return requests == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(requests);
}

void CanaryWatch::crashed(const DynoName& name, const std::string& reason) {
  if (failure_.empty()) failure_ = fmt::format("{} crashed: {}", name.str(), reason);
}

void CanaryWatch::served(const Served& served, SteadyTime now) {
  if (served.requests == 0) return;
  while (!steps_.empty() && now - steps_.front().begun >= limits::canary_window) {
    steps_.pop_front();
  }
  if (steps_.empty() || now - steps_.back().begun >= limits::canary_step) {
    steps_.push_back({now, {}});
  }
  Counts& counts = steps_.back().counts[static_cast<std::size_t>(served.side)];
  counts.requests += served.requests;
  counts.failed += std::min(served.failed, served.requests);
  judge();
}

CanaryWatch::Counts CanaryWatch::sum(Side side) const {
  Counts sum;
  for (const Step& step : steps_) {
    const Counts& counts = step.counts[static_cast<std::size_t>(side)];
    sum.requests += counts.requests;
    sum.failed += counts.failed;
  }
  return sum;
}

void CanaryWatch::judge() {
  if (!failure_.empty()) return;
  const Counts own = sum(Side::canary);
  const Counts other = sum(Side::current);
  const Interval lies = interval_of(own.rate(), static_cast<double>(own.requests));
  const Interval usual = interval_of(other.rate(), static_cast<double>(other.requests));
  if (own.failed < limits::canary_failures_min) return;
  const bool clearly = lies.from > usual.to && own.rate() >= other.rate() + limits::canary_margin;
  if (!clearly) return;
  failure_ = fmt::format(
      "{} of {} requests to it failed with 5xx ({:.1f}%), of those to the current release {:.1f}%",
      own.failed, own.requests, own.rate() * 100, other.rate() * 100);
}

}  // namespace davit::supervisor
