#include "router/balancer.hpp"

#include <algorithm>

namespace davit::router {
namespace {

constexpr std::size_t few = 8;

using Dynos = std::span<const TargetPtr>;

bool may_serve(const Target& target, const Wish& wish) {
  return target.quarantined_until() <= wish.now && !wish.tried.contains(target);
}

// Requests before tunnels: those wait for an answer, these mostly for a person.
std::uint64_t load_of(const Target& target) {
  return std::uint64_t{target.places()} << 32 | target.tunnels();
}

bool has_place(std::uint64_t load, std::uint32_t limit) { return load >> 32 < limit; }

// From a random start, so that equals take turns.
const TargetPtr* least_in_flight(Dynos dynos, const Wish& wish, std::uint32_t limit) {
  const TargetPtr* best = nullptr;
  std::uint64_t least = ~std::uint64_t{0};
  const std::size_t start = dynos.size() > 1 ? wish.random.below(dynos.size()) : 0;
  for (std::size_t i = 0; i < dynos.size(); ++i) {
    std::size_t index = start + i;
    if (index >= dynos.size()) index -= dynos.size();
    const Target& dyno = *dynos[index];
    const std::uint64_t load = load_of(dyno);
    if (load >= least || !has_place(load, limit) || !may_serve(dyno, wish)) continue;
    least = load;
    best = &dynos[index];
  }
  return best;
}

const TargetPtr* better_of_two(Dynos dynos, const Wish& wish, std::uint32_t limit) {
  const std::size_t first = wish.random.below(dynos.size());
  std::size_t second = wish.random.below(dynos.size() - 1);
  if (second >= first) ++second;
  const std::uint64_t load_of_first = load_of(*dynos[first]);
  const std::uint64_t load_of_second = load_of(*dynos[second]);
  const bool take_first = load_of_first <= load_of_second;
  const TargetPtr& better = dynos[take_first ? first : second];
  if (!has_place(take_first ? load_of_first : load_of_second, limit)) return nullptr;
  return may_serve(*better, wish) ? &better : nullptr;
}

const TargetPtr* first_from(std::size_t start, Dynos dynos, const Wish& wish, std::uint32_t limit) {
  for (std::size_t i = 0; i < dynos.size(); ++i) {
    const TargetPtr& dyno = dynos[(start + i) % dynos.size()];
    if (dyno->places() < limit && may_serve(*dyno, wish)) return &dyno;
  }
  return nullptr;
}

const TargetPtr* choose_among(Dynos dynos, const Wish& wish, const DynoSet::Rules& rules) {
  switch (rules.policy) {
    case Policy::random:
      return first_from(wish.random.below(dynos.size()), dynos, wish, rules.concurrency);
    case Policy::round_robin: return first_from(wish.turn, dynos, wish, rules.concurrency);
    case Policy::least: break;
  }
  if (dynos.size() > few) {
    const TargetPtr* const better = better_of_two(dynos, wish, rules.concurrency);
    if (better != nullptr) return better;
  }
  return least_in_flight(dynos, wish, rules.concurrency);
}

}  // namespace

DynoSet::DynoSet(std::vector<Member> members, Rules rules) : rules_(rules) {
  std::ranges::stable_sort(members, {}, &Member::weight);
  dynos_.reserve(members.size());
  const bool usual = std::ranges::all_of(
      members, [](const Member& member) { return member.weight == default_weight; });
  std::uint64_t sum = 0;
  for (Member& member : members) {
    if (!usual && (groups_.empty() || member.weight != groups_.back().weight)) {
      groups_.push_back({static_cast<std::uint32_t>(dynos_.size()), 0, member.weight, 0});
    }
    if (!usual) {
      ++groups_.back().count;
      groups_.back().weight_until = sum += member.weight;
    }
    dynos_.push_back(std::move(member.target));
    if (!member.token.empty()) tokens_.push_back(std::move(member.token));
  }
}

std::uint32_t DynoSet::weight_of(std::size_t index) const {
  for (const Group& group : groups_) {
    if (index < group.begin + group.count) return group.weight;
  }
  return default_weight;
}

const Target* DynoSet::by_token(std::string_view token) const {
  const auto found = std::ranges::find(tokens_, token);
  if (found == tokens_.end()) return nullptr;
  return dynos_[static_cast<std::size_t>(found - tokens_.begin())].get();
}

std::string_view DynoSet::token_of(const Target& target) const {
  const auto found = std::ranges::find(dynos_, &target, &TargetPtr::get);
  const auto at = static_cast<std::size_t>(found - dynos_.begin());
  return at < tokens_.size() ? std::string_view(tokens_[at]) : std::string_view();
}

const TargetPtr* choose_dyno(const DynoSet& dynos, const Wish& wish) {
  const Dynos all(dynos.dynos_);
  if (all.empty()) return nullptr;
  if (wish.only != nullptr) {
    const auto found = std::ranges::find(all, wish.only, &TargetPtr::get);
    if (found == all.end()) return nullptr;
    return choose_among(all.subspan(static_cast<std::size_t>(found - all.begin()), 1), wish,
                        dynos.rules_);
  }
  if (dynos.groups_.size() > 1) {
    const std::uint64_t drawn = wish.random.below(dynos.groups_.back().weight_until);
    const auto group =
        std::ranges::upper_bound(dynos.groups_, drawn, {}, &DynoSet::Group::weight_until);
    const TargetPtr* const chosen =
        choose_among(all.subspan(group->begin, group->count), wish, dynos.rules_);
    if (chosen != nullptr) return chosen;
  }
  return choose_among(all, wish, dynos.rules_);
}

SteadyTime first_release(std::span<const TargetPtr> dynos, SteadyTime now) {
  SteadyTime first = SteadyTime::max();
  for (const TargetPtr& dyno : dynos) first = std::min(first, dyno->quarantined_until());
  return std::max(first, now);
}

}  // namespace davit::router
