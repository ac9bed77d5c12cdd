#include "router/balancer.hpp"

#include <algorithm>

namespace davit::router {
namespace {

constexpr std::size_t few = 8;

bool may_serve(const Target& target, SteadyTime now, const Tried& tried) {
  return target.quarantined_until <= now && !tried.contains(target);
}

// From a random start, so that equals take turns.
const TargetPtr* least_in_flight(std::span<const TargetPtr> dynos, SteadyTime now,
                                 const Tried& tried, FastRandom& random) {
  const TargetPtr* best = nullptr;
  const std::size_t start = dynos.size() > 1 ? random.below(dynos.size()) : 0;
  for (std::size_t i = 0; i < dynos.size(); ++i) {
    std::size_t index = start + i;
    if (index >= dynos.size()) index -= dynos.size();
    const TargetPtr& dyno = dynos[index];
    if (!may_serve(*dyno, now, tried)) continue;
    if (best == nullptr || dyno->in_flight < (*best)->in_flight) best = &dyno;
  }
  return best;
}

}  // namespace

const TargetPtr* choose_dyno(std::span<const TargetPtr> dynos, SteadyTime now, const Tried& tried,
                             FastRandom& random) {
  if (dynos.empty()) return nullptr;
  if (dynos.size() <= few) return least_in_flight(dynos, now, tried, random);
  const std::size_t first = random.below(dynos.size());
  std::size_t second = random.below(dynos.size() - 1);
  if (second >= first) ++second;
  const TargetPtr& a = dynos[first];
  const TargetPtr& b = dynos[second];
  if (!may_serve(*a, now, tried) || !may_serve(*b, now, tried)) {
    return least_in_flight(dynos, now, tried, random);
  }
  return a->in_flight <= b->in_flight ? &a : &b;
}

SteadyTime first_release(std::span<const TargetPtr> dynos, SteadyTime now) {
  SteadyTime first = SteadyTime::max();
  for (const TargetPtr& dyno : dynos) first = std::min(first, dyno->quarantined_until);
  return std::max(first, now);
}

}  // namespace davit::router
