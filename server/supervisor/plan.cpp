#include "server/supervisor/plan.hpp"

#include "server/supervisor/type_planner.hpp"

namespace davit::supervisor {

Plan make_plan(const Situation& situation, const Timeouts& timeouts) {
  std::set<ProcessType> types;
  for (const auto& [type, target] : situation.desired.types) types.insert(type);
  if (situation.desired.trial) {
    for (const auto& [type, target] : situation.desired.trial->types) types.insert(type);
  }
  for (const Instance& instance : situation.instances) types.insert(instance.name.type);
  Plan plan;
  for (const ProcessType& type : types) TypePlanner(situation, timeouts, type, plan).run();
  return plan;
}

}  // namespace davit::supervisor
