// A release that serves a share of an app's requests: how its unit learns of it, watches it, and
// ends it.
#include <algorithm>
#include <exception>

#include "base/log.hpp"
#include "server/logs/platform_lines.hpp"
#include "server/supervisor/app_unit.hpp"
#include "store/database.hpp"

namespace davit::supervisor {
namespace {

bool is_web(const DynoName& name) { return name.type.str() == web_type; }

}  // namespace

const Runnable* AppUnit::runnable_of(Origin origin) const {
  switch (origin) {
    case Origin::current: return &current_;
    case Origin::trial: return trial_ ? &trial_->runnable : nullptr;
    case Origin::canary: return canary_.runnable();
  }
  return nullptr;
}

// Where its owner has stopped all dynos, none of a canary's runs either.
std::uint32_t AppUnit::web_dynos_wanted() const {
  const auto web = formation_.find(*ProcessType::parse(web_type));
  if (web == formation_.end()) return 0;
  std::uint32_t wanted = 0;
  for (std::uint32_t number = 1; number <= web->second.quantity; ++number) {
    wanted += is_wanted(DynoName{web->first, number}) ? 1 : 0;
  }
  return wanted;
}

std::optional<Canary> AppUnit::canary_target() const {
  const auto web = formation_.find(*ProcessType::parse(web_type));
  if (web == formation_.end()) return std::nullopt;
  const auto& size = services_.policy.sizes.or_standard(web->second.size);
  return canary_.target({web_dynos_wanted(), size.name},
                        {services_.clock.steady(), services_.clock.wall()});
}

bool AppUnit::is_wanted_canary(const DynoName& name) const {
  const auto canary = canary_target();
  return canary && name.number - canary_numbers_after <= canary->quantity;
}

// One that has failed is not told to have been taken back before the store says so.
BootView AppUnit::canary_boot() const {
  const auto target = canary_target();
  std::uint32_t up = 0;
  for (const auto& [id, dyno] : dynos_) {
    const auto& record = dyno.runner->recipe().record;
    up += is_canary_name(record.name) && canary_.is(record.release) && phase_of(dyno) == Phase::up;
  }
  if (reload_ || !target || up < target->quantity) return {};
  return {Boot::up, {}};
}

bool AppUnit::strangers_have_its_names() const {
  return std::ranges::any_of(dynos_, [&](const auto& entry) {
    const auto& record = entry.second.runner->recipe().record;
    return is_canary_name(record.name) && !canary_.is(record.release);
  });
}

void AppUnit::served(const TrafficFact& traffic) {
  if (!canary_.exists() || !traffic.dyno || !is_web(*traffic.dyno)) return;
  const bool strangers = is_canary_name(*traffic.dyno) && strangers_have_its_names();
  if (canary_.served(traffic, strangers, services_.clock.steady())) look_again();
}

// Takes a failed one back.
Task<> AppUnit::settle_canary() {
  std::string failure = canary_.due_failure(services_.clock.steady());
  if (failure.empty() || destroying_) co_return;
  const std::uint32_t version = canary_.runnable()->release.version;
  std::string why = "as a canary it was taken back: " + failure;
  const bool done = co_await store_canary_end(CanaryEnd::withdrawn, why);
  reload_ = false;
  co_await load_desired();
  if (!done) co_return;
  log::info("canary taken back", {{"app", app_.name.str()}, {"version", version}, {"why", why}});
  std::string text = fmt::format("Release v{} failed: {}", version, why);
  co_await tell_canary(std::move(text));
}

Task<> AppUnit::promote_canary() {
  // It may have failed while the plan was carried out.
  if (!canary_.may_promote(services_.clock.steady()) || destroying_) co_return;
  const std::uint32_t version = canary_.runnable()->release.version;
  const bool done = co_await store_canary_end(CanaryEnd::promoted, "");
  if (!done) co_return;
  log::info("canary promoted", {{"app", app_.name.str()}, {"version", version}});
  std::string text = fmt::format("Release v{} promoted: it served its time as a canary", version);
  co_await tell_canary(std::move(text));
}

// false: its owner, or another release, was faster; or it could not be stored, and will be tried
// again. What is the case now is to be loaded in any event.
Task<bool> AppUnit::store_canary_end(CanaryEnd end, std::string why) {
  const store::Release& release = canary_.runnable()->release;
  const std::uint32_t version = release.version;
  auto write = [id = release.id, end, why = std::move(why),
                now = services_.clock.wall()](store::Stores& stores) -> Result<> {
    try {
      return end == CanaryEnd::promoted ? stores.releases.promote(id, now)
                                        : stores.releases.withdraw(id, why, now);
    } catch (const std::exception& error) {  // a full disk must not end the app's unit
      return fail(Errc::unavailable, "{}", error.what());
    }
  };
  const auto written = co_await services_.store.run(std::move(write));
  if (written) {
    changed();
    co_return true;
  }
  if (written.error().code == Errc::unavailable) {
    canary_.not_stored(services_.clock.steady());
    log::warning(
        "canary's end not stored, will be tried again",
        {{"app", app_.name.str()}, {"version", version}, {"error", written.error().message}});
  } else {
    changed();
  }
  co_return false;
}

Task<> AppUnit::tell_canary(std::string text) {
  std::vector<std::string> texts;
  texts.push_back(std::move(text));
  auto lines = logs::platform_lines(app_.id, "canary", services_.clock.wall(), std::move(texts));
  co_await services_.logs.append(std::move(lines));
}

}  // namespace davit::supervisor
