// A release that serves a share of an app's requests: how its unit learns of it, watches it, and
// ends it.
#include <algorithm>

#include "base/log.hpp"
#include "server/logs/platform_lines.hpp"
#include "server/supervisor/app_unit.hpp"
#include "store/database.hpp"

namespace davit::supervisor {
namespace {

// The router tells its counts every two seconds.
constexpr auto counts_late = std::chrono::seconds(5);

bool is_web(const DynoName& name) { return name.type.str() == web_type; }

}  // namespace

void AppUnit::adopt_canary(std::optional<Runnable> runnable) {
  if (canary_ && (!runnable || runnable->release.id != canary_->runnable.release.id)) {
    const std::string& failure = canary_->watch.failure();
    last_canary_ = canary_->runnable.release.id;
    last_canary_boot_ = {Boot::crashed, failure.empty() ? "it was taken back" : failure};
    canary_.reset();
  }
  if (!runnable || canary_) return;
  const ReleaseId id = runnable->release.id;
  canary_ = CanaryState{std::move(*runnable), {}};
  take_over(id);
  if (loaded_) wake();
}

const Runnable* AppUnit::runnable_of(Origin origin) const {
  switch (origin) {
    case Origin::current: return &current_;
    case Origin::trial: return trial_ ? &trial_->runnable : nullptr;
    case Origin::canary: return canary_ ? &canary_->runnable : nullptr;
  }
  return nullptr;
}

// Where its owner has stopped all dynos, none of it runs either.
std::uint32_t AppUnit::canary_quantity_now() const {
  const auto web = formation_.find(*ProcessType::parse(web_type));
  if (web == formation_.end()) return 0;
  std::uint32_t beside = 0;
  for (std::uint32_t number = 1; number <= web->second.quantity; ++number) {
    beside += is_wanted(DynoName{web->first, number}) ? 1 : 0;
  }
  return canary_quantity(beside, canary_rules_.percent);
}

std::optional<Canary> AppUnit::canary_target() const {
  if (!canary_ || !canary_->watch.failure().empty()) return std::nullopt;
  const store::Release& release = canary_->runnable.release;
  const auto web = formation_.find(*ProcessType::parse(web_type));
  if (web == formation_.end()) return std::nullopt;
  Canary canary{release.id,
                canary_quantity_now(),
                services_.policy.sizes.or_standard(web->second.size).name,
                {}};
  if (canary_rules_.promote_after_ms > 0) {
    const auto after = std::chrono::milliseconds(canary_rules_.promote_after_ms);
    canary.promote_at =
        services_.clock.steady() + (release.updated_at + after - services_.clock.wall());
  }
  return canary;
}

bool AppUnit::is_canary_now(const ReleaseId& release) const {
  return canary_ && canary_->runnable.release.id == release;
}

bool AppUnit::is_wanted_canary(const DynoName& name) const {
  const auto canary = canary_target();
  return canary && name.number - canary_numbers_after <= canary->quantity;
}

BootView AppUnit::canary_boot() const {
  const std::string& failure = canary_->watch.failure();
  if (!failure.empty()) return {Boot::crashed, failure};
  const auto target = canary_target();
  std::uint32_t up = 0;
  for (const auto& [id, dyno] : dynos_) {
    const auto& record = dyno.runner->recipe().record;
    up +=
        is_canary_name(record.name) && is_canary_now(record.release) && phase_of(dyno) == Phase::up;
  }
  if (reload_ || !target || up < target->quantity) return {};
  return {Boot::up, {}};
}

// While another release's dyno still has the name (the canary before this one drains), nobody knows
// whose requests these were.
void AppUnit::served(const TrafficFact& traffic) {
  if (!canary_ || !traffic.dyno || !is_web(*traffic.dyno)) return;
  const SteadyTime now = services_.clock.steady();
  CanaryWatch::Served served;
  if (is_canary_name(*traffic.dyno)) {
    const bool strangers = std::ranges::any_of(dynos_, [&](const auto& entry) {
      const auto& record = entry.second.runner->recipe().record;
      return is_canary_name(record.name) && !is_canary_now(record.release);
    });
    if (strangers) canary_->strangers_at = now;
    if (now - canary_->strangers_at < counts_late) return;
    served.side = CanaryWatch::Side::canary;
  }
  for (const std::uint64_t count : traffic.statuses) served.requests += count;
  served.failed = traffic.statuses[5];
  canary_->watch.served(served, now);
  if (!canary_->watch.failure().empty()) look_again();
}

// Takes a failed one back. From the moment of its failure none of its dynos is wanted, whether that
// could be stored or not.
Task<> AppUnit::settle_canary() {
  if (!canary_ || canary_->watch.failure().empty() || destroying_) co_return;
  const store::Release& release = canary_->runnable.release;
  const std::uint32_t version = release.version;
  const std::string why = "as a canary it was taken back: " + canary_->watch.failure();
  auto write = [id = release.id, why, now = services_.clock.wall()](store::Stores& stores) {
    return stores.releases.withdraw(id, why, now);
  };
  const auto written = co_await services_.store.run(std::move(write));
  reload_ = false;
  co_await load_desired();
  if (!written) co_return;  // its owner, or another release, was faster
  log::info("canary taken back", {{"app", app_.name.str()}, {"version", version}, {"why", why}});
  std::string text = fmt::format("Release v{} failed: {}", version, why);
  co_await tell_canary(std::move(text));
}

Task<> AppUnit::promote_canary() {
  // It may have failed while the plan was carried out.
  if (!canary_ || !canary_->watch.failure().empty() || destroying_) co_return;
  const store::Release& release = canary_->runnable.release;
  const std::uint32_t version = release.version;
  auto write = [id = release.id, now = services_.clock.wall()](store::Stores& stores) {
    return stores.releases.promote(id, now);
  };
  const auto written = co_await services_.store.run(std::move(write));
  changed();
  if (!written) co_return;
  log::info("canary promoted", {{"app", app_.name.str()}, {"version", version}});
  std::string text = fmt::format("Release v{} promoted: it served its time as a canary", version);
  co_await tell_canary(std::move(text));
}

Task<> AppUnit::tell_canary(std::string text) {
  std::vector<std::string> texts;
  texts.push_back(std::move(text));
  auto lines = logs::platform_lines(app_.id, "canary", services_.clock.wall(), std::move(texts));
  co_await services_.logs.append(std::move(lines));
}

}  // namespace davit::supervisor
