#include "server/release/canary_rule.hpp"

#include <algorithm>

#include "server/supervisor/plan.hpp"

namespace davit::release {

bool begins_as_canary(const store::Stores& stores, const store::Release& release, ChangeOf change) {
  const bool changes_one = change == ChangeOf::config && stores.releases.canary(release.app);
  if (!changes_one && !stores.canaries.find(release.app).enabled) return false;
  const auto current = stores.releases.current(release.app);
  const bool both_serve = current && current->slug && release.slug &&
                          current->processes.contains(supervisor::web_type) &&
                          release.processes.contains(supervisor::web_type);
  return both_serve &&
         std::ranges::any_of(stores.formations.list(release.app), [](const auto& entry) {
           return entry.type.str() == supervisor::web_type && entry.quantity > 0;
         });
}

}  // namespace davit::release
