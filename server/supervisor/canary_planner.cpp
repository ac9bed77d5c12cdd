// A canary's dynos, beside those of the current release: they are no part of the formation, and
// each is replaced alone.
#include <algorithm>

#include "server/supervisor/canary.hpp"
#include "server/supervisor/type_planner.hpp"

namespace davit::supervisor {

void TypePlanner::sort_canary(const Instance& instance, bool leaves) {
  const auto& canary = situation_.desired.canary;
  const bool ours = canary && !instance.untried && instance.release == canary->release &&
                    instance.name.number - canary_numbers_after <= canary->quantity;
  if (ours && !leaves && instance.size == canary->size) return keep_newest(canary_, instance);
  if (ours) return old_canaries_.push_back(&instance);
  const bool promoted =
      !leaves && !instance.untried && instance.release == situation_.desired.release;
  (promoted ? promoted_ : old_).push_back(&instance);
}

void TypePlanner::start_canary() {
  const auto& canary = situation_.desired.canary;
  if (!is_web() || !canary) return;
  for (std::uint32_t number = 1; number <= canary->quantity; ++number) {
    const DynoName name{type_, canary_numbers_after + number};
    if (!canary_.contains(name) && !dying_.contains(name)) plan_.start_canary.push_back(name);
  }
}

void TypePlanner::serve_canary() {
  serve_old_canaries();
  serve_promoted();
  const auto& canary = situation_.desired.canary;
  if (!canary) return;
  std::uint32_t up = 0;
  for (const auto& [name, instance] : canary_) {
    if (instance->phase != Phase::up) continue;
    ++up;
    plan_.serve.push_back(instance->id);
    plan_.canaries.push_back(instance->id);
  }
  if (!canary->promote_at || canary->quantity == 0 || up < canary->quantity) return;
  if (*canary->promote_at > situation_.now) return wake(*canary->promote_at);
  plan_.promote_canary = true;
}

// Each serves until its successor is up.
void TypePlanner::serve_old_canaries() {
  for (const Instance* instance : old_canaries_) {
    const auto successor = canary_.find(instance->name);
    const bool replaced = successor != canary_.end() && successor->second->phase == Phase::up;
    if (replaced || !up_and_staying(*instance)) {
      retire(*instance);
      continue;
    }
    plan_.serve.push_back(instance->id);
    plan_.canaries.push_back(instance->id);
  }
}

// They go on until the whole formation is of their release: what visitors have seen once does not
// go away again.
void TypePlanner::serve_promoted() {
  const auto up = std::ranges::count_if(
      current_, [](const auto& entry) { return entry.second->phase == Phase::up; });
  const bool complete = static_cast<std::uint32_t>(up) >= wanted_count();
  for (const Instance* instance : promoted_) {
    if (complete || !up_and_staying(*instance)) {
      retire(*instance);
    } else {
      plan_.serve.push_back(instance->id);
    }
  }
}

}  // namespace davit::supervisor
