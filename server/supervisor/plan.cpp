#include "server/supervisor/plan.hpp"

#include <algorithm>

namespace davit::supervisor {
namespace {

bool is_web(const DynoName& name) { return name.type.str() == web_type; }

void wake(Plan& plan, SteadyTime at) { plan.wake_at = std::min(plan.wake_at.value_or(at), at); }

// Plans one process type.
class TypePlanner {
 public:
  TypePlanner(const Situation& situation, const Timeouts& timeouts, ProcessType type, Plan& plan)
      : situation_(situation), timeouts_(timeouts), type_(std::move(type)), plan_(plan) {
    const auto found = situation.desired.quantity.find(type_);
    quantity_ = found == situation.desired.quantity.end() ? 0 : found->second;
  }

  void run() {
    sort_instances();
    start_missing();
    give_up_late_boots();
    if (type_.str() == web_type) {
      choose_served();
    } else {
      // Workers are not behind the router: the old one goes as its successor comes.
      for (const Instance* instance : old_) retire(*instance);
    }
  }

 private:
  bool wanted(const DynoName& name) const {
    if (name.number > quantity_) return false;
    const auto slot = situation_.slots.find(name);
    return slot == situation_.slots.end() || !slot->second.stopped;
  }

  // current_: the newest instance of each wanted slot that runs the desired release; old_: all others.
  void sort_instances() {
    for (const Instance& instance : situation_.instances) {
      if (instance.name.type != type_) continue;
      const bool fits = wanted(instance.name) && instance.release == situation_.desired.release &&
                        !instance.replace && instance.phase != Phase::stopping &&
                        !instance.draining_since;
      if (!fits) {
        old_.push_back(&instance);
        continue;
      }
      const auto [at, fresh] = current_.emplace(instance.name, &instance);
      if (fresh) continue;
      const Instance* older = &instance;
      if (at->second->created_at < instance.created_at) std::swap(at->second, older);
      old_.push_back(older);
    }
  }

  void start_missing() {
    for (std::uint32_t number = 1; number <= quantity_; ++number) {
      const DynoName name{type_, number};
      if (!wanted(name) || current_.contains(name)) continue;
      const auto slot = situation_.slots.find(name);
      const bool waits = slot != situation_.slots.end() && slot->second.not_before &&
                         *slot->second.not_before > situation_.now;
      if (waits) {
        wake(plan_, *slot->second.not_before);
        continue;
      }
      plan_.start.push_back(name);
      starting_ = true;
    }
  }

  void give_up_late_boots() {
    if (type_.str() != web_type) return;
    for (const Instance* instance : old_) check_boot(*instance);
    for (const auto& [name, instance] : current_) check_boot(*instance);
  }

  void check_boot(const Instance& instance) {
    if (instance.phase != Phase::starting) return;
    const SteadyTime deadline = instance.started + timeouts_.boot;
    if (deadline <= situation_.now) {
      plan_.boot_timeout.push_back(instance.id);
    } else {
      wake(plan_, deadline);
    }
  }

  // The switch: all at once when every wanted new dyno is up, so that visitors do not see two versions by turns, and a
  // release whose dynos never come up never takes over.
  void choose_served() {
    std::vector<const Instance*> new_up, old_up;
    std::uint32_t wanted_count = 0;
    for (std::uint32_t number = 1; number <= quantity_; ++number) {
      wanted_count += wanted(DynoName{type_, number}) ? 1 : 0;
    }
    for (const auto& [name, instance] : current_) {
      if (instance->phase == Phase::up) {
        new_up.push_back(instance);
      } else {
        starting_ = true;
      }
    }
    for (const Instance* instance : old_) {
      // One that already left the table does not come back: the router may have told us that it is drained.
      if (instance->phase == Phase::up && !instance->draining_since && replaced_later(*instance)) {
        old_up.push_back(instance);
      }
    }
    const bool ready = new_up.size() == wanted_count;
    const bool switch_now = ready || old_up.empty();
    for (const Instance* instance : switch_now ? new_up : old_up) plan_.serve.push_back(instance->id);
    if (!switch_now && serves_new_too()) {
      for (const Instance* instance : new_up) plan_.serve.push_back(instance->id);
    }
    for (const Instance* instance : old_) {
      const bool still_serves = std::ranges::find(plan_.serve, instance->id) != plan_.serve.end();
      if (!still_serves) retire(*instance);
    }
    if (plan_.serve.empty() && wanted_count > 0) {
      plan_.web = starting_ ? WebState::starting : WebState::crashed;
    }
  }

  // An old instance keeps serving only while a successor is wanted: not when its slot was scaled away or stopped.
  bool replaced_later(const Instance& instance) const { return wanted(instance.name); }

  // Where the release is the same (a restart, one crashed dyno of many), old and new are the same version: let what is
  // up serve.
  bool serves_new_too() const {
    return std::ranges::all_of(old_, [&](const Instance* instance) {
      return instance->release == situation_.desired.release;
    });
  }

  void retire(const Instance& instance) {
    if (instance.phase == Phase::stopping) return;
    const bool was_served = is_web(instance.name) && instance.phase == Phase::up;
    if (!was_served || instance.drained) {
      plan_.stop.push_back(instance.id);
      return;
    }
    if (!instance.draining_since) {
      plan_.drain.push_back(instance.id);
      wake(plan_, situation_.now + timeouts_.drain);
      return;
    }
    const SteadyTime deadline = *instance.draining_since + timeouts_.drain;
    if (deadline <= situation_.now) {
      plan_.stop.push_back(instance.id);
    } else {
      wake(plan_, deadline);
    }
  }

  const Situation& situation_;
  const Timeouts& timeouts_;
  ProcessType type_;
  Plan& plan_;
  std::uint32_t quantity_ = 0;
  std::map<DynoName, const Instance*> current_;
  std::vector<const Instance*> old_;
  bool starting_ = false;
};

}  // namespace

Plan make_plan(const Situation& situation, const Timeouts& timeouts) {
  std::set<ProcessType> types;
  for (const auto& [type, quantity] : situation.desired.quantity) types.insert(type);
  for (const Instance& instance : situation.instances) types.insert(instance.name.type);
  Plan plan;
  for (const ProcessType& type : types) TypePlanner(situation, timeouts, type, plan).run();
  return plan;
}

}  // namespace davit::supervisor
