#include "server/supervisor/supervisor_impl.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/paths.hpp"
#include "server/supervisor/dyno_spec.hpp"
#include "server/supervisor/limits.hpp"
#include "server/supervisor/memory_pressure.hpp"
#include "server/supervisor/relay.hpp"
#include "server/supervisor/scratch.hpp"

namespace davit::supervisor {
namespace {

// A dyno is launched a moment after its release, and killed and cleaned up a moment after its boot
// has timed out. Who waits for the outcome only as long as the boot may last never hears of R10.
constexpr auto boot_verdict_time = std::chrono::seconds(10);
// A router that is away serves by its last table meanwhile.
constexpr auto routes_patience = std::chrono::seconds(5);

}  // namespace

std::string_view to_string(DynoState state) {
  switch (state) {
    case DynoState::starting: return "starting";
    case DynoState::up: return "up";
    case DynoState::idle: return "idle";
    case DynoState::crashed: return "crashed";
    case DynoState::stopping: return "stopping";
    case DynoState::down: return "down";
  }
  return "unknown";
}

SupervisorImpl::SupervisorImpl(UnitServices services)
    : services_(services), tasks_(services.executor), one_offs_(services) {}

Task<> SupervisorImpl::start() {
  struct Known {
    std::vector<store::App> apps;
    std::vector<store::DynoRecord> dynos;
  };
  auto load = [](store::Stores& stores) { return Known{stores.apps.list(), stores.dynos.list()}; };
  const auto known = co_await services_.store.run(load);
  for (const auto& app : known.apps) {
    units_.emplace(app.id, std::make_unique<AppUnit>(services_, app));
  }
  co_await adopt(known.dynos);
  for (const auto& app : known.apps) tasks_.spawn("app unit", run_unit(app.id));
  for (const auto& app : known.apps) {
    AppUnit& unit = *units_.at(app.id);
    while (!unit.published()) co_await unit.news().wait();
  }
}

Task<> SupervisorImpl::adopt(std::vector<store::DynoRecord> records) {
  std::vector<std::string> strangers = services_.launcher.list();
  for (const auto& record : records) {
    std::erase(strangers, record.id.str());
    co_await adopt_one(record);
  }
  for (const auto& id : strangers) co_await end_stranger(id);
  const auto& launcher = services_.launcher;
  auto sweep = [&launcher] {
    for (const auto& id : launcher.leftovers()) launcher.sweep(id);
  };
  co_await run_blocking(services_.workers, std::move(sweep));
}

Task<> SupervisorImpl::adopt_one(store::DynoRecord record) {
  auto process = co_await services_.launcher.adopt(record.id.str());
  const ReleaseId release_id = record.release;
  auto load = [release_id](store::Stores& stores) -> Result<Runnable> {
    auto release = stores.releases.find(release_id);
    if (!release) return std::move(release).error();
    return make_runnable(stores, std::move(*release));
  };
  auto runnable = co_await services_.store.run(load);
  const auto unit = units_.find(record.app);
  if (process && runnable && record.one_off) {
    auto link = std::move(*process);
    const bool adopted = co_await adopt_one_off(record, runnable->release, std::move(link));
    if (adopted) co_return;
  } else if (process && runnable && unit != units_.end()) {
    log::info("dyno adopted", {{"dyno", record.name.str()}, {"id", record.id.str()}});
    unit->second->adopt(std::move(record), std::move(*runnable), std::move(*process));
    co_return;
  }
  log::warning("dyno lost", {{"dyno", record.name.str()},
                             {"id", record.id.str()},
                             {"why", process ? "its release is gone" : process.error().message}});
  if (process) co_await end_stranger(record.id.str());
  const DynoId id = record.id;
  co_await remove_scratch(services_.workers, services_.launcher, id,
                          services_.paths.scratch() + "/" + id.str());
  auto forget = [id](store::Stores& stores) { return stores.dynos.remove(id); };
  (void)co_await services_.store.run(std::move(forget));
}

// A detached one.
Task<bool> SupervisorImpl::adopt_one_off(const store::DynoRecord& record,
                                         const store::Release& release,
                                         std::unique_ptr<dynos::DynoProcess> process) {
  auto load = [id = record.app](store::Stores& stores) { return stores.apps.find(id); };
  auto app = co_await services_.store.run(std::move(load));
  if (!app) co_return false;
  log::info("one-off adopted", {{"dyno", record.name.str()}, {"id", record.id.str()}});
  DynoRecipe recipe;
  recipe.record = record;
  recipe.app = std::move(*app);
  recipe.release = release;
  recipe.size = services_.policy.sizes.or_standard(record.size);
  recipe.scratch_path = services_.paths.scratch() + "/" + record.id.str();
  recipe.stop_grace = services_.policy.timeouts.stop_grace;
  one_offs_.adopt(std::move(recipe), std::move(process));
  co_return true;
}

// A dyno, build step or one-off that no row knows: its davitd died before it could end it.
Task<> SupervisorImpl::end_stranger(std::string id) {
  auto process = co_await services_.launcher.adopt(id);
  if (!process) co_return;  // adopt() removed what was left
  log::warning("unknown dyno ended", {{"id", id}});
  (void)co_await (*process)->kill();
  (void)co_await (*process)->release();
}

Task<> SupervisorImpl::run_unit(AppId id) {
  AppUnit& unit = *units_.at(id);
  co_await unit.run();
  co_await unit.join();
  units_.erase(id);
}

Task<> SupervisorImpl::shut_down() {
  tasks_.cancel();
  co_await tasks_.join();
  co_await one_offs_.shut_down();
  for (auto& [id, unit] : units_) co_await unit->join();
}

void SupervisorImpl::changed(const AppId& app) {
  const auto unit = units_.find(app);
  if (unit != units_.end()) {
    unit->second->changed();
  } else {
    tasks_.spawn("new app", add_unknown(app));
  }
}

Task<> SupervisorImpl::add_unknown(AppId id) {
  auto load = [id](store::Stores& stores) { return stores.apps.find(id); };
  auto app = co_await services_.store.run(load);
  if (!app || units_.contains(id)) co_return;
  units_.emplace(id, std::make_unique<AppUnit>(services_, std::move(*app)));
  tasks_.spawn("app unit", run_unit(id));
}

void SupervisorImpl::drained(const std::string& dyno_id) {
  const auto id = DynoId::parse(dyno_id);
  if (!id) return;
  for (auto& [app, unit] : units_) {
    if (unit->owns(*id)) unit->drained(*id);
  }
}

void SupervisorImpl::quiet(const AppId& app) {
  const auto unit = units_.find(app);
  if (unit != units_.end()) unit->second->quiet();
}

void SupervisorImpl::wanted(const AppId& app) {
  const auto unit = units_.find(app);
  if (unit != units_.end()) unit->second->wake();
}

void SupervisorImpl::served(const AppId& app, const TrafficFact& traffic) {
  const auto unit = units_.find(app);
  if (unit != units_.end()) unit->second->served(traffic);
}

Task<> SupervisorImpl::guard_memory() {
  asio::steady_timer timer(services_.executor);
  for (;;) {
    timer.expires_after(limits::memory_look_interval);
    co_await timer.async_wait(asio::use_awaitable);
    const auto meminfo = read_file("/proc/meminfo", limits::meminfo_bytes_max);
    if (!meminfo || !memory_is_short(*meminfo).value_or(false)) continue;
    // The one that has slept longest is missed least.
    AppUnit* longest = nullptr;
    for (const auto& [id, unit] : units_) {
      if (!unit->frozen_since()) continue;
      if (longest == nullptr || *unit->frozen_since() < *longest->frozen_since()) {
        longest = unit.get();
      }
    }
    if (longest != nullptr) longest->stop_sleepers();
  }
}

std::vector<DynoView> SupervisorImpl::dynos(const AppId& app) const {
  const auto unit = units_.find(app);
  auto list = unit == units_.end() ? std::vector<DynoView>{} : unit->second->views();
  std::ranges::move(one_offs_.views(app), std::back_inserter(list));
  return list;
}

Task<Result<>> SupervisorImpl::restart(AppId app, std::string type_or_name) {
  // A one-off never runs twice: to restart it is to stop it.
  const bool stopped = !type_or_name.empty() && one_offs_.stop(app, type_or_name);
  const auto unit = units_.find(app);
  const bool known =
      unit != units_.end() && (type_or_name.empty() || unit->second->has(type_or_name));
  if (!known && stopped) co_return Result<>();
  if (!known) {
    co_return fail(Errc::not_found, "no dyno '{}' to restart; `davit ps` lists them", type_or_name);
  }
  co_return co_await unit->second->restart(std::move(type_or_name));
}

Task<Result<>> SupervisorImpl::stop(AppId app, std::string type_or_name) {
  const bool stopped = one_offs_.stop(app, type_or_name);
  const auto unit = units_.find(app);
  if (unit != units_.end() && unit->second->has(type_or_name)) {
    co_return co_await unit->second->stop(std::move(type_or_name));
  }
  if (!stopped) {
    co_return fail(Errc::not_found, "no dyno '{}' to stop; `davit ps` lists them", type_or_name);
  }
  co_return Result<>();
}

Task<Result<>> SupervisorImpl::try_release(AppId app, store::Release release) {
  auto load = [release = std::move(release)](store::Stores& stores) {
    return make_runnable(stores, release);
  };
  auto runnable = co_await services_.store.run(std::move(load));
  if (!units_.contains(app)) co_await add_unknown(app);
  const auto unit = units_.find(app);
  if (unit == units_.end()) co_return fail(Errc::not_found, "the app was destroyed");
  unit->second->begin_trial(std::move(runnable));
  for (;;) {
    const auto still = units_.find(app);
    if (still == units_.end()) co_return fail(Errc::not_found, "the app was destroyed");
    const auto view = still->second->trial();
    if (view.state == Boot::up) co_return Result<>();
    if (view.state == Boot::crashed) co_return fail(Errc::unavailable, "{}", view.reason);
    co_await still->second->news().wait();
  }
}

DynoName SupervisorImpl::one_off_name(const AppId& app, const ProcessType& type) {
  return one_offs_.choose_name(app, type);
}

Task<Ending> SupervisorImpl::run_once(OneOffRequest request, OutputSink& output) {
  co_return co_await one_offs_.run(std::move(request), output);
}

Task<Result<DynoView>> SupervisorImpl::run(RunRequest request) {
  co_return co_await one_offs_.begin(std::move(request));
}

Task<Result<>> SupervisorImpl::attach(DynoId id, RunClient& client) {
  co_return co_await one_offs_.attach(std::move(id), client);
}

Task<> SupervisorImpl::exec(DynoId id, ExecRequest request, RunClient& client) {
  const auto unit =
      std::ranges::find_if(units_, [&](const auto& entry) { return entry.second->owns(id); });
  if (unit == units_.end()) co_return co_await exec_inside(id, std::move(request), client);
  const AppId app = unit->first;
  unit->second->keep_awake();
  std::exception_ptr failure;
  try {
    co_await exec_inside(id, std::move(request), client);
  } catch (...) {
    failure = std::current_exception();
  }
  // The app may have been destroyed meanwhile.
  if (const auto still = units_.find(app); still != units_.end()) still->second->let_sleep();
  if (failure) std::rethrow_exception(failure);
}

Task<> SupervisorImpl::exec_inside(DynoId id, ExecRequest request, RunClient& client) {
  auto what = make_exec(request.command, request.env, request.interaction);
  auto link = co_await services_.launcher.exec(id.str(), std::move(what));
  std::string trouble = link ? "" : link.error().message;
  if (link) {
    auto first = co_await (*link)->next(std::chrono::steady_clock::now() + limits::exec_timeout);
    if (first) {
      const bool refused = std::holds_alternative<run_stream::Ended>(*first);
      const auto told = co_await client.send(std::move(*first));
      if (refused || !told) co_return;
      const RelayTimes times{limits::session_idle, limits::session_ping};
      (void)co_await relay(client, **link, times);
      co_return;
    }
    trouble = first.error().code == Errc::timeout
                  ? "its davit-dyno is of an older Davit, or busy; `davit ps:restart` renews it"
                  : first.error().message;
  }
  run_stream::FromCommand refusal = run_stream::Ended{126, 0, "refused", std::move(trouble)};
  (void)co_await client.send(std::move(refusal));
}

void SupervisorImpl::end_trial(const AppId& app) {
  const auto unit = units_.find(app);
  if (unit != units_.end()) unit->second->end_trial();
}

Task<> SupervisorImpl::stop_all(AppId app) {
  const auto unit = units_.find(app);
  if (unit != units_.end()) co_await unit->second->stop_all();
  co_await one_offs_.stop_all(app);
}

Task<BootView> SupervisorImpl::wait_for_boot(AppId app, ReleaseId release) {
  const SteadyTime deadline =
      services_.clock.steady() + services_.policy.timeouts.boot + boot_verdict_time;
  for (;;) {
    const auto unit = units_.find(app);
    if (unit == units_.end()) co_return BootView{};
    const auto view = unit->second->boot(release);
    if (view.state == Boot::up) {
      // Whoever is told so looks at the app at once, and must not see the release before.
      co_await services_.routes.settled(services_.clock.steady() + routes_patience);
    }
    if (view.state != Boot::pending) co_return view;
    const bool in_time = co_await unit->second->news().wait_until(deadline);
    if (!in_time) co_return view;
  }
}

}  // namespace davit::supervisor
