// How an app's web dynos fall asleep and wake.
#include <algorithm>

#include "base/duration.hpp"
#include "base/log.hpp"
#include "server/supervisor/app_unit.hpp"

namespace davit::supervisor {
namespace {

bool is_web_dyno(const DynoRunner& runner) {
  return runner.recipe().record.name.type.str() == web_type;
}

}  // namespace

std::chrono::milliseconds AppUnit::sleep_after() const {
  const auto web = formation_.find(*ProcessType::parse(web_type));
  return std::chrono::milliseconds(web == formation_.end() ? 0 : web->second.sleep_after_ms);
}

std::chrono::milliseconds AppUnit::quiet_after() const {
  const bool may = !destroying_ && !trial_ && !canary_.exists() && !sleeper_.asleep();
  return may ? sleep_after() : std::chrono::milliseconds(0);
}

// Every web dyno that is wanted is up, and none is on its way in or out.
bool AppUnit::web_is_settled() const {
  const auto targets = targets_of(current_.release);
  const auto web = targets.find(*ProcessType::parse(web_type));
  if (web == targets.end() || web->second.quantity == 0) return false;
  std::uint32_t settled = 0;
  for (const auto& [id, dyno] : dynos_) {
    if (!is_web_dyno(*dyno.runner)) continue;
    const auto& record = dyno.runner->recipe().record;
    const bool fits = phase_of(dyno) == Phase::up && !record.outgoing && !dyno.draining_since &&
                      !dyno.untried && record.release == current_.release.id &&
                      record.size == web->second.size && is_wanted(record.name);
    if (!fits) return false;
    ++settled;
  }
  return settled > 0;
}

void AppUnit::quiet() {
  if (quiet_after().count() == 0 || reload_ || !web_is_settled()) return;
  if (visitors_ > 0) {
    quiet_with_visitors_ = true;
    return;
  }
  log::info("app falls asleep", {{"app", app_.name.str()}});
  sleeper_.fall_asleep(services_.clock.steady(), services_.clock.wall(),
                       services_.policy.sleep_stop_after);
  for (auto& [id, dyno] : dynos_) dyno.drained = false;
  look_again();
}

void AppUnit::wake() {
  if (!sleeper_.asleep()) return;
  log::info("app wakes", {{"app", app_.name.str()}});
  sleeper_.wake();
  std::set<DynoName> resting;
  for (auto& [id, dyno] : dynos_) {
    if (!is_web_dyno(*dyno.runner)) continue;
    if (phase_of(dyno) == Phase::up) resting.insert(dyno.runner->recipe().record.name);
    dyno.runner->thaw();
  }
  const auto web = formation_.find(*ProcessType::parse(web_type));
  const std::uint32_t quantity = web == formation_.end() ? 0 : web->second.quantity;
  for (std::uint32_t number = 1; number <= quantity; ++number) {
    const DynoName name{web->first, number};
    if (is_wanted(name) && !resting.contains(name)) unidling_.insert(name);
  }
  look_again();
}

void AppUnit::keep_awake() {
  ++visitors_;
  wake();
}

// The router says only once that an app is quiet. A request since then would have it woken at once.
void AppUnit::let_sleep() {
  if (--visitors_ == 0 && std::exchange(quiet_with_visitors_, false)) quiet();
}

bool AppUnit::stop_sleepers() {
  const bool any =
      sleeper_.asleep() && !sleeper_.stopped() &&
      std::ranges::any_of(dynos_, [](const auto& entry) { return entry.second.runner->frozen(); });
  if (!any) return false;
  log::info("sleeping dynos are stopped", {{"app", app_.name.str()}});
  sleeper_.stop();
  look_again();
  return true;
}

std::optional<WallTime> AppUnit::frozen_since() const {
  if (!sleeper_.asleep() || sleeper_.stopped()) return std::nullopt;
  return sleeper_.since();
}

void AppUnit::perform_sleep(const Plan& plan) {
  for (const DynoId& id : plan.freeze) {
    Dyno& dyno = dynos_.at(id);
    if (dyno.runner->freeze_refused()) {
      sleeper_.stop();  // a host without a freezer
      look_ = true;
    } else {
      dyno.runner->freeze();
    }
  }
  if (plan.sleep_stops) {
    sleeper_.stop();
    look_ = true;
  }
  // Somebody is still being served: not quiet after all.
  if (plan.sleep_fails) wake();
}

// What an earlier davitd left: the app sleeps on only where all of it really does.
void AppUnit::restore_sleep(const std::optional<store::SleepRecord>& record) {
  bool all_frozen = true;
  for (const auto& [id, dyno] : dynos_) {
    if (is_web_dyno(*dyno.runner)) all_frozen = all_frozen && dyno.runner->frozen();
  }
  const auto& clock = services_.clock;
  if (record && record->release == current_.release.id && !canary_.exists() &&
      sleep_after().count() > 0) {
    sleeper_.restore(*record, clock.steady(), clock.wall(), services_.policy.sleep_stop_after);
    for (auto& [id, dyno] : dynos_) dyno.drained = true;
    if (all_frozen) return;
  }
  wake();
  for (auto& [id, dyno] : dynos_) dyno.runner->thaw();
}

// A change of what is wanted of web is a reason to wake, as a release is.
void AppUnit::wake_if_changed(const std::map<ProcessType, store::FormationEntry>& before) {
  const auto web = *ProcessType::parse(web_type);
  const auto old = before.find(web);
  const auto now = std::as_const(formation_).find(web);
  const bool same = old != before.end() && now != formation_.end() &&
                    old->second.quantity == now->second.quantity &&
                    old->second.size == now->second.size && now->second.sleep_after_ms > 0;
  if (!same) wake();
}

Task<> AppUnit::save_sleep() {
  auto change = sleeper_.take_change(app_.id, current_.release.id);
  if (!change) co_return;
  auto save = [app = app_.id, change = std::move(*change)](store::Stores& stores) {
    return change.record ? stores.sleeps.set(*change.record) : stores.sleeps.remove(app);
  };
  const auto saved = co_await services_.store.run(std::move(save));
  if (!saved && !destroying_) {
    log::warning("sleep not stored", {{"app", app_.name.str()}, {"error", saved.error().message}});
  }
}

std::string AppUnit::sleep_text() const {
  return fmt::format("no request for {}; the next one {} it", format_duration(sleep_after()),
                     sleeper_.stopped() ? "starts" : "wakes");
}

}  // namespace davit::supervisor
