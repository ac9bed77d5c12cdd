// What should run of one app, and what does, as make_plan() wants to see it.
#include <algorithm>

#include "base/log.hpp"
#include "server/logs/platform_lines.hpp"
#include "server/paths.hpp"
#include "server/supervisor/app_unit.hpp"
#include "server/supervisor/cycling.hpp"
#include "server/supervisor/features.hpp"
#include "server/supervisor/rollout.hpp"
#include "store/database.hpp"

namespace davit::supervisor {

Task<> AppUnit::load_desired() {
  struct Loaded {
    Result<store::App> app;
    std::optional<Runnable> current;
    std::vector<store::FormationEntry> formation;
    std::vector<store::SlotRecord> slots;
    std::vector<std::string> features;
    std::optional<store::SleepRecord> sleep;
    store::RoutingRecord routing;
    store::CanaryRecord canary_rules;
    std::optional<Runnable> canary{};
    std::optional<store::Release> former_canary{};
    ReadPages pages{};
  };
  const AppId id = app_.id;
  auto load = [id, known = canary_.id(), &paths = services_.paths](store::Stores& stores) {
    Loaded loaded{stores.apps.find(id),       {},
                  stores.formations.list(id), stores.slots.list(id),
                  stores.features.list(id),   stores.sleeps.find(id),
                  stores.routing.find(id),    stores.canaries.find(id)};
    if (auto canary = stores.releases.canary(id)) {
      loaded.canary = make_runnable(stores, std::move(*canary));
    }
    if (known && (!loaded.canary || loaded.canary->release.id != *known)) {
      auto former = stores.releases.find(*known);
      if (former) loaded.former_canary = std::move(*former);
    }
    auto release = stores.releases.current(id);
    if (release && release->slug) {
      loaded.pages = read_pages(release->config, paths.slug(*release->slug));
      loaded.current = make_runnable(stores, std::move(*release));
    }
    return loaded;
  };
  auto loaded = co_await services_.store.run(std::move(load));
  if (!loaded.app) {  // destroyed
    destroying_ = true;
    co_return;
  }
  app_ = std::move(*loaded.app);
  routing_ = std::move(loaded.routing);
  canary_.set_rules(loaded.canary_rules);
  const auto is_on = [&](const char* feature) {
    return std::ranges::find(loaded.features, feature) != loaded.features.end();
  };
  log_metrics_ = is_on(runtime_metrics_feature);
  json_log_ = is_on(json_router_log_feature);
  for (auto& [dyno_id, dyno] : dynos_) dyno.runner->log_metrics(log_metrics_);
  bool first = false;
  if (loaded.current) {
    const ReleaseId release = loaded.current->release.id;
    pages_ = std::move(loaded.pages.pages);
    if (release != current_.release.id) co_await tell_router_problems(loaded.pages.problems);
    adopt_release(std::move(*loaded.current));
    first = !std::exchange(loaded_, true);
    if (first) slots_.restore(loaded.slots, release, now());
  }
  if (canary_.adopt(std::move(loaded.canary), loaded.former_canary)) {
    take_over(*canary_.id());
    if (loaded_) wake();
  }
  const auto before = std::exchange(formation_, {});
  for (auto& entry : loaded.formation) formation_[entry.type] = entry;
  if (first) {
    restore_sleep(loaded.sleep);
  } else {
    wake_if_changed(before);
  }
  // A slot that was scaled away begins anew when it comes back.
  std::vector<DynoName> gone;
  for (const auto& [name, slot] : slots_.all()) {
    const auto entry = formation_.find(name.type);
    if (entry == formation_.end() || name.number > entry->second.quantity) gone.push_back(name);
  }
  for (const DynoName& name : gone) slots_.forget(name);
}

Task<> AppUnit::tell_router_problems(std::vector<std::string> problems) {
  if (problems.empty()) co_return;
  auto lines = logs::platform_lines(app_.id, "router", services_.clock.wall(), std::move(problems));
  co_await services_.logs.append(std::move(lines));
}

void AppUnit::adopt_release(Runnable runnable) {
  const ReleaseId id = runnable.release.id;
  // A release is a fresh start for what crashed or was stopped.
  if (loaded_ && id != current_.release.id) slots_.forget_all();
  if (loaded_ && id != current_.release.id) wake();
  current_ = std::move(runnable);
  take_over(id);
}

// What was tried is it now.
void AppUnit::take_over(const ReleaseId& release) {
  if (trial_ && trial_->runnable.release.id == release) trial_.reset();
  for (auto& [dyno_id, dyno] : dynos_) {
    if (dyno.runner->recipe().record.release == release) dyno.untried = false;
  }
}

Task<> AppUnit::save_slots() {
  const auto names = slots_.take_changes();
  if (names.empty()) co_return;
  struct Changes {
    std::vector<store::SlotRecord> set;
    std::vector<DynoName> gone;
  };
  Changes changes;
  for (const DynoName& name : names) {
    if (slots_.find(name) != nullptr) {
      changes.set.push_back(slots_.record(name, app_.id, current_.release.id));
    } else {
      changes.gone.push_back(name);
    }
  }
  auto save = [app = app_.id, changes = std::move(changes)](store::Stores& stores) -> Result<> {
    store::Transaction transaction(stores.database);
    for (const auto& slot : changes.set) DAVIT_TRY(stores.slots.set(slot));
    for (const auto& name : changes.gone) DAVIT_TRY(stores.slots.remove(app, name));
    transaction.commit();
    return {};
  };
  const auto saved = co_await services_.store.run(std::move(save));
  if (!saved && !destroying_) {
    log::warning("slots not stored", {{"app", app_.name.str()}, {"error", saved.error().message}});
  }
}

TypeTargets AppUnit::targets_of(const store::Release& release) const {
  TypeTargets targets;
  for (const auto& [type, entry] : formation_) {
    if (!release.processes.contains(type.str()) || type.str() == release_type) continue;
    auto rollout = Rollout::parse(type, entry.max_surge, entry.max_unavailable);
    if (!rollout) rollout = Rollout::parse(type, "", "");  // checked before it was stored
    targets[type] = {entry.quantity, services_.policy.sizes.or_standard(entry.size).name,
                     rollout->surge_of(entry.quantity), rollout->unavailable_of(entry.quantity)};
  }
  return targets;
}

Trial AppUnit::trial_target() const {
  const store::Release& release = trial_->runnable.release;
  Trial trial{release.id, targets_of(release), release.canary};
  // Only what is checked over HTTP can prove anything.
  std::erase_if(trial.types, [](const auto& entry) { return entry.first.str() != web_type; });
  for (auto& [type, target] : trial.types) {
    if (release.canary) {
      target.quantity = target.surge = canary_quantity(web_dynos_wanted(), canary_.percent());
    }
  }
  return trial;
}

Situation AppUnit::situation() const {
  Situation now;
  now.now = services_.clock.steady();
  now.desired.release = current_.release.id;
  if (!destroying_) now.desired.types = targets_of(current_.release);
  if (!destroying_ && trial_ && trial_->failure.empty()) now.desired.trial = trial_target();
  if (!destroying_) now.desired.canary = canary_target();
  if (!destroying_) now.desired.sleep = sleeper_.sleep();
  for (const auto& [id, dyno] : dynos_) now.instances.push_back(instance_of(dyno));
  for (const auto& [name, slot] : slots_.all()) now.slots[name] = {slot.not_before, slot.stopped};
  return now;
}

Instance AppUnit::instance_of(const Dyno& dyno) const {
  const auto& record = dyno.runner->recipe().record;
  Instance instance;
  instance.id = record.id;
  instance.name = record.name;
  instance.release = record.release;
  instance.size = record.size;
  instance.phase = phase_of(dyno);
  instance.created_at = record.created_at;
  instance.started = dyno.started;
  instance.listening = dyno.runner->listening();
  instance.dying = dyno.runner->dying();
  instance.outgoing = record.outgoing;
  instance.untried = dyno.untried;
  instance.served = dyno.served;
  instance.drained = dyno.drained;
  instance.frozen = dyno.runner->frozen() || dyno.runner->freezing();
  instance.draining_since = dyno.draining_since;
  if (services_.policy.cycle) {
    const auto left = time_to_cycle(record.id, services_.clock.wall() - record.created_at);
    instance.cycle_at = services_.clock.steady() + left;
  }
  return instance;
}

Phase AppUnit::phase_of(const Dyno& dyno) const {
  if (dyno.runner->stopping()) return Phase::stopping;
  return dyno.runner->up() ? Phase::up : Phase::starting;
}

bool AppUnit::is_wanted(const DynoName& name) const {
  if (is_canary_name(name)) return is_wanted_canary(name);
  const auto entry = formation_.find(name.type);
  const auto* slot = slots_.find(name);
  return entry != formation_.end() && name.number <= entry->second.quantity &&
         (slot == nullptr || !slot->stopped);
}

}  // namespace davit::supervisor
