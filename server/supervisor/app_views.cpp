// What an app's unit tells about its dynos.
#include <algorithm>

#include "base/log.hpp"
#include "server/supervisor/app_unit.hpp"

namespace davit::supervisor {

bool matches(const DynoName& name, const std::string& type_or_name) {
  return type_or_name.empty() || name.type.str() == type_or_name || name.str() == type_or_name;
}

Runnable make_runnable(store::Stores& stores, store::Release release) {
  Runnable runnable{std::move(release), {}};
  if (!runnable.release.slug) return runnable;
  const auto slug = stores.slugs.find(*runnable.release.slug);
  if (!slug || slug->health_checks.empty()) return runnable;
  auto checks = HealthChecks::parse(slug->health_checks);
  if (checks) {
    runnable.health = std::move(*checks);
  } else {
    log::warning("health checks left out",
                 {{"release", runnable.release.id.str()}, {"error", checks.error().message}});
  }
  return runnable;
}

std::string AppUnit::why_leaving(const Dyno& dyno) const {
  const auto& recipe = dyno.runner->recipe();
  if (destroying_) return "the app is destroyed";
  if (dyno.untried) return fmt::format("release v{} did not succeed", recipe.release.version);
  if (is_canary_name(recipe.record.name) && recipe.record.release == current_.release.id) {
    return fmt::format("release v{} was promoted", recipe.release.version);
  }
  if (is_canary_name(recipe.record.name) && !canary_.is(recipe.record.release)) {
    return fmt::format("release v{} is a canary no more", recipe.release.version);
  }
  if (!is_wanted(recipe.record.name)) {
    const auto* slot = slots_.find(recipe.record.name);
    return slot != nullptr && slot->stopped ? "stopped by its owner" : "scaled down";
  }
  if (!is_canary_name(recipe.record.name) && recipe.record.release != current_.release.id) {
    return fmt::format("replaced by release v{}", current_.release.version);
  }
  return "replaced by one of another size";
}

bool AppUnit::has(const std::string& type_or_name) const {
  const auto all = views();
  return current_.release.processes.contains(type_or_name) ||
         std::ranges::any_of(
             all, [&](const DynoView& view) { return matches(view.name, type_or_name); });
}

// Whoever is told of a crash may look into the log: its last words must be there.
bool AppUnit::any_dying(const ReleaseId& release) const {
  return std::ranges::any_of(dynos_, [&](const auto& entry) {
    const DynoRunner& runner = *entry.second.runner;
    return runner.dying() && runner.recipe().record.release == release;
  });
}

BootView AppUnit::boot(const ReleaseId& release) const {
  if (any_dying(release)) return {};
  if (canary_.is(release)) return canary_boot();
  if (current_.release.id != release) return canary_.ended(release);
  for (const auto& [name, slot] : slots_.all()) {
    if (slot.crashes > 0) {
      return {Boot::crashed, fmt::format("{}: {}", name.str(), slot.reason)};
    }
  }
  for (const auto& [type, target] : targets_of(current_.release)) {
    std::uint32_t up = 0;
    for (const auto& [id, dyno] : dynos_) {
      const auto& record = dyno.runner->recipe().record;
      if (record.name.type != type || record.release != release) continue;
      const bool routed = type.str() != web_type || dyno.served;
      up += phase_of(dyno) == Phase::up && routed ? 1 : 0;
    }
    if (up < target.quantity) return {};
  }
  return {Boot::up, {}};
}

BootView AppUnit::trial() const {
  if (!trial_) return {Boot::crashed, "the trial was ended"};
  if (any_dying(trial_->runnable.release.id)) return {};
  if (!trial_->failure.empty()) return {Boot::crashed, trial_->failure};
  if (reload_) return {};  // the formation may be behind
  const auto targets = trial_target().types;
  const auto web = targets.find(*ProcessType::parse(web_type));
  if (web == targets.end()) return {Boot::up, {}};
  std::uint32_t up = 0;
  for (const auto& [id, dyno] : dynos_) {
    const bool tried = dyno.untried && phase_of(dyno) == Phase::up &&
                       dyno.runner->recipe().record.release == trial_->runnable.release.id;
    up += tried ? 1 : 0;
  }
  return {up >= std::min(web->second.quantity, web->second.surge) ? Boot::up : Boot::pending, {}};
}

DynoView AppUnit::view_of(const DynoId& id, const Dyno& dyno) const {
  const auto& recipe = dyno.runner->recipe();
  DynoView view;
  view.id = id;
  view.name = recipe.record.name;
  view.release = recipe.record.release;
  view.release_version = recipe.release.version;
  view.command = recipe.record.command;
  view.size = recipe.record.size;
  view.created_at = recipe.record.created_at;
  view.since = dyno.since;
  view.over_memory = dyno.runner->memory().over();
  switch (phase_of(dyno)) {
    case Phase::starting: view.state = DynoState::starting; break;
    case Phase::up: view.state = DynoState::up; break;
    case Phase::stopping: view.state = DynoState::stopping; break;
  }
  view.reason = dyno.runner->given_up().empty() ? dyno.leaving : dyno.runner->given_up();
  if (dyno.runner->frozen() && view.state == DynoState::up) {
    view.state = DynoState::idle;
    view.frozen = true;
    view.reason = sleep_text();
    if (sleeper_.asleep()) view.since = sleeper_.since();
  }
  if (view.reason.empty() && dyno.untried) view.reason = "its release is being tried";
  if (view.reason.empty() && canary_.is(view.release) && is_canary_name(view.name)) {
    view.reason = fmt::format("canary: v{} gets {}% of the requests", view.release_version,
                              canary_.percent());
  }
  if (view.reason.empty() && view.state == DynoState::starting && dyno.runner->listening()) {
    view.reason = "its start check has not passed yet";
  }
  return view;
}

DynoView AppUnit::view_of(const DynoName& name, const Slots::State& slot) const {
  DynoView view;
  view.name = name;
  view.release = current_.release.id;
  view.release_version = current_.release.version;
  const auto command = current_.release.processes.find(name.type.str());
  if (command != current_.release.processes.end()) view.command = command->second;
  const auto entry = formation_.find(name.type);
  view.size = services_.policy.sizes.or_standard(entry->second.size).name;
  view.state = slot.stopped ? DynoState::down : DynoState::crashed;
  view.since = view.created_at = slot.since;
  view.reason = slot.stopped ? "stopped by its owner" : slot.reason;
  view.crashes = slot.crashes;
  if (!slot.stopped) view.retry_at = slot.retry_at;
  return view;
}

// One that was stopped because nobody asked for it.
DynoView AppUnit::sleeping_view(const DynoName& name) const {
  Slots::State slot;
  slot.since = sleeper_.since();
  DynoView view = view_of(name, slot);
  view.state = DynoState::idle;
  view.reason = sleep_text();
  view.crashes = 0;
  view.retry_at.reset();
  return view;
}

std::vector<DynoView> AppUnit::views() const {
  std::vector<DynoView> list;
  for (const auto& [id, dyno] : dynos_) list.push_back(view_of(id, dyno));
  for (const auto& [name, slot] : slots_.all()) {
    const auto entry = formation_.find(name.type);
    const bool exists = entry != formation_.end() && name.number <= entry->second.quantity;
    const auto runs = [&](const DynoView& view) { return view.name == name; };
    if (!exists || std::ranges::any_of(list, runs)) continue;
    list.push_back(view_of(name, slot));
  }
  const auto web = formation_.find(*ProcessType::parse(web_type));
  const std::uint32_t sleeping =
      sleeper_.stopped() && web != formation_.end() ? web->second.quantity : 0;
  for (std::uint32_t number = 1; number <= sleeping; ++number) {
    const DynoName name{web->first, number};
    const auto told = [&](const DynoView& view) { return view.name == name; };
    if (is_wanted(name) && std::ranges::none_of(list, told)) list.push_back(sleeping_view(name));
  }
  std::ranges::stable_sort(list, {}, [](const DynoView& view) { return view.name; });
  return list;
}

}  // namespace davit::supervisor
