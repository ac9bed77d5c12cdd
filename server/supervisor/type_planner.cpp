#include "server/supervisor/type_planner.hpp"

#include <algorithm>

#include "server/supervisor/canary.hpp"

namespace davit::supervisor {
namespace {

TypeTarget target_of(const TypeTargets& targets, const ProcessType& type) {
  const auto found = targets.find(type);
  return found == targets.end() ? TypeTarget() : found->second;
}

}  // namespace

TypePlanner::TypePlanner(const Situation& situation, const Timeouts& timeouts, ProcessType type,
                         Plan& plan)
    : situation_(situation),
      timeouts_(timeouts),
      type_(std::move(type)),
      plan_(plan),
      target_(target_of(situation.desired.types, type_)) {
  if (situation.desired.trial) trial_target_ = target_of(situation.desired.trial->types, type_);
}

void TypePlanner::run() {
  sort_instances();
  if (is_web() && situation_.desired.sleep) {
    rest();
    return;
  }
  start_missing();
  start_trial();
  start_canary();
  give_up_late_boots();
  cycle();
  if (is_web()) {
    serve_and_retire_web();
    return;
  }
  std::uint32_t unavailable = slots_without_dyno();
  for (const Instance* instance : old_) {
    if (may_leave(*instance, unavailable)) retire(*instance);
  }
}

bool TypePlanner::wanted(const DynoName& name) const {
  if (name.number > target_.quantity) return false;
  const auto slot = situation_.slots.find(name);
  return slot == situation_.slots.end() || !slot->second.stopped;
}

bool TypePlanner::up_and_staying(const Instance& instance) const {
  return instance.phase == Phase::up && !instance.draining_since && !instance.untried;
}

bool TypePlanner::has_successor_up(const DynoName& name) const {
  const auto found = current_.find(name);
  return found != current_.end() && found->second->phase == Phase::up;
}

std::uint32_t TypePlanner::wanted_count() const {
  std::uint32_t count = 0;
  for (std::uint32_t number = 1; number <= target_.quantity; ++number) {
    count += wanted(DynoName{type_, number}) ? 1 : 0;
  }
  return count;
}

std::uint32_t TypePlanner::slots_without_dyno() const {
  std::uint32_t count = 0;
  for (std::uint32_t number = 1; number <= target_.quantity; ++number) {
    const DynoName name{type_, number};
    if (!wanted(name) || has_successor_up(name)) continue;
    const bool served_by_old = std::ranges::any_of(old_, [&](const Instance* instance) {
      return instance->name == name && up_and_staying(*instance);
    });
    count += served_by_old ? 0 : 1;
  }
  return count;
}

void TypePlanner::keep_newest(std::map<DynoName, const Instance*>& slots,
                              const Instance& instance) {
  const auto [at, fresh] = slots.emplace(instance.name, &instance);
  if (fresh) return;
  const Instance* older = &instance;
  if (at->second->created_at < instance.created_at) std::swap(at->second, older);
  old_.push_back(older);
}

void TypePlanner::sort_one(const Instance& instance) {
  const bool leaves =
      instance.phase == Phase::stopping || instance.outgoing || instance.draining_since.has_value();
  const auto& trial = situation_.desired.trial;
  const std::uint32_t before_trial = trial && trial->canary ? canary_numbers_after : 0;
  if (!leaves && instance.untried && trial && trial->release == instance.release &&
      instance.name.number > before_trial &&
      instance.name.number - before_trial <= trial_target_.quantity) {
    return keep_newest(trial_, instance);
  }
  if (is_canary_name(instance.name)) return sort_canary(instance, leaves);
  const bool fits = !leaves && !instance.untried && wanted(instance.name) &&
                    instance.release == situation_.desired.release && instance.size == target_.size;
  if (fits) return keep_newest(current_, instance);
  old_.push_back(&instance);
}

void TypePlanner::sort_instances() {
  for (const Instance& instance : situation_.instances) {
    if (instance.name.type != type_) continue;
    sort_one(instance);
    if (++held_[instance.name] > 1) ++doubled_;
    if (instance.dying) dying_.insert(instance.name);
  }
  std::ranges::stable_sort(old_, {}, [](const Instance* instance) { return instance->name; });
}

// A slot that still holds another dyno takes a second one only as the surge allows. A surge of the
// whole formation is no limit at all: the third release in a minute need not wait for what is left
// of the first.
bool TypePlanner::may_start_in(const DynoName& name) {
  if (dying_.contains(name)) return false;
  const bool held = held_.contains(name);
  if (!held || target_.surge >= target_.quantity) return true;
  if (doubled_ >= target_.surge) return false;
  ++doubled_;
  return true;
}

void TypePlanner::start_missing() {
  for (std::uint32_t number = 1; number <= target_.quantity; ++number) {
    const DynoName name{type_, number};
    if (!wanted(name)) continue;
    const auto found = current_.find(name);
    if (found != current_.end()) {
      if (found->second->phase != Phase::up) starting_ = true;
      continue;
    }
    const auto slot = situation_.slots.find(name);
    const bool waits = slot != situation_.slots.end() && slot->second.not_before &&
                       *slot->second.not_before > situation_.now;
    if (waits) {
      wake(*slot->second.not_before);
      continue;
    }
    starting_ = true;
    if (may_start_in(name)) plan_.start.push_back(name);
  }
}

// As many as the surge allows prove the release; the others follow when it is the current one.
void TypePlanner::start_trial() {
  const std::uint32_t count = std::min(trial_target_.quantity, trial_target_.surge);
  const bool canary = situation_.desired.trial && situation_.desired.trial->canary;
  for (std::uint32_t number = 1; number <= count; ++number) {
    const DynoName name{type_, number + (canary ? canary_numbers_after : 0)};
    if (!trial_.contains(name)) plan_.start_trial.push_back(name);
  }
}

void TypePlanner::give_up_late_boots() {
  if (!is_web()) return;
  for (const Instance& instance : situation_.instances) {
    const bool boots = instance.name.type == type_ && instance.phase == Phase::starting;
    if (!boots || instance.listening) continue;
    const SteadyTime deadline = instance.started + timeouts_.boot;
    if (deadline <= situation_.now) {
      plan_.boot_timeout.push_back(instance.id);
    } else {
      wake(deadline);
    }
  }
}

// One at a time, and never while the type is being replaced anyway.
void TypePlanner::cycle() {
  for (const auto& [name, instance] : current_) {
    if (!instance->cycle_at || instance->phase != Phase::up) continue;
    if (*instance->cycle_at > situation_.now) {
      wake(*instance->cycle_at);
    } else if (old_.empty() && !starting_) {
      plan_.cycle.push_back(instance->id);
      starting_ = true;
    }
  }
}

// Nobody serves, nothing starts but what is tried; what is there is frozen as soon as nothing runs
// on it, or stopped.
void TypePlanner::rest() {
  const Sleep& sleep = *situation_.desired.sleep;
  plan_.web = WebState::asleep;
  start_trial();
  give_up_late_boots();
  for (const Instance* instance : old_) retire(*instance);
  for (const Instance* instance : promoted_) retire(*instance);
  for (const auto& [name, instance] : current_) {
    if (sleep.stopped) {
      retire(*instance);
    } else if (instance->frozen || instance->phase != Phase::up) {
      continue;
    } else if (!instance->served || instance->drained) {
      plan_.freeze.push_back(instance->id);
    } else if (situation_.now >= sleep.since + timeouts_.drain) {
      plan_.sleep_fails = true;
    } else {
      wake(sleep.since + timeouts_.drain);
    }
  }
  if (sleep.stopped || current_.empty()) return;
  if (situation_.now >= sleep.stop_at) {
    plan_.sleep_stops = true;
  } else {
    wake(sleep.stop_at);
  }
}

void TypePlanner::serve_and_retire_web() {
  if (target_.surge >= target_.quantity) {
    switch_at_once();
  } else {
    roll();
  }
  serve_canary();
  const bool all_away = plan_.serve.empty() && wanted_count() > 0;
  if (all_away) plan_.web = starting_ ? WebState::starting : WebState::crashed;
}

// The switch: all at once when every wanted new dyno is up, so that visitors do not see two
// versions by turns, and a release whose dynos never come up never takes over.
void TypePlanner::switch_at_once() {
  std::vector<const Instance*> new_up, old_up;
  for (const auto& [name, instance] : current_) {
    if (instance->phase == Phase::up) new_up.push_back(instance);
  }
  for (const Instance* instance : old_) {
    // One that already left the table does not come back: the router may have told us that it is
    // drained.
    if (up_and_staying(*instance) && wanted(instance->name)) old_up.push_back(instance);
  }
  // Where the release is the same (a restart, one crashed dyno of many), old and new are the same
  // version: let what is up serve.
  const bool same_release = std::ranges::all_of(old_up, [&](const Instance* instance) {
    return instance->release == situation_.desired.release;
  });
  const bool switch_now = new_up.size() == wanted_count() || old_up.empty();
  if (switch_now || same_release) {
    for (const Instance* instance : new_up) plan_.serve.push_back(instance->id);
  }
  if (!switch_now) {
    for (const Instance* instance : old_up) plan_.serve.push_back(instance->id);
  }
  for (const Instance* instance : old_) {
    const bool still_serves = std::ranges::find(plan_.serve, instance->id) != plan_.serve.end();
    if (!still_serves) retire(*instance);
  }
}

// Slot by slot; two versions serve meanwhile.
void TypePlanner::roll() {
  for (const auto& [name, instance] : current_) {
    if (instance->phase == Phase::up) plan_.serve.push_back(instance->id);
  }
  std::uint32_t unavailable = slots_without_dyno();
  for (const Instance* instance : old_) {
    if (may_leave(*instance, unavailable)) {
      retire(*instance);
    } else {
      plan_.serve.push_back(instance->id);
    }
  }
}

// `unavailable` counts on: several may leave in one plan.
bool TypePlanner::may_leave(const Instance& instance, std::uint32_t& unavailable) const {
  const bool in_use =
      wanted(instance.name) && !has_successor_up(instance.name) && up_and_staying(instance);
  if (!in_use) return true;
  // A share of a small formation may come out as none at all; with no surge either nothing would
  // ever move.
  const std::uint32_t most = std::max(target_.unavailable, target_.surge == 0 ? 1u : 0u);
  if (unavailable >= most) return false;
  ++unavailable;
  return true;
}

void TypePlanner::retire(const Instance& instance) {
  if (instance.phase == Phase::stopping) return;
  if (!instance.served || instance.drained) {
    plan_.stop.push_back(instance.id);
    return;
  }
  if (!instance.draining_since) {
    plan_.drain.push_back(instance.id);
    wake(situation_.now + timeouts_.drain);
    return;
  }
  const SteadyTime deadline = *instance.draining_since + timeouts_.drain;
  if (deadline <= situation_.now) {
    plan_.stop.push_back(instance.id);
  } else {
    wake(deadline);
  }
}

void TypePlanner::wake(SteadyTime at) { plan_.wake_at = std::min(plan_.wake_at.value_or(at), at); }

}  // namespace davit::supervisor
