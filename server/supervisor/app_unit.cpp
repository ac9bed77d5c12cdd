#include "server/supervisor/app_unit.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/paths.hpp"

namespace davit::supervisor {
namespace {

bool matches(const DynoName& name, const std::string& type_or_name) {
  return type_or_name.empty() || name.type.str() == type_or_name || name.str() == type_or_name;
}

}  // namespace

AppUnit::AppUnit(UnitServices services, store::App app)
    : services_(services),
      app_(std::move(app)),
      tasks_(services.executor),
      news_(services.executor) {}

void AppUnit::look_again() {
  look_ = true;
  news_.notify_all();
}

void AppUnit::changed() {
  reload_ = true;
  look_again();
}

Task<> AppUnit::run() {
  while (!(destroying_ && dynos_.empty())) {
    look_ = false;
    if (std::exchange(reload_, false)) co_await load_desired();
    Plan plan = make_plan(situation(), services_.timeouts);
    const auto wake_at = plan.wake_at;
    co_await perform(std::move(plan));
    while (!look_) {
      const SteadyTime until = wake_at.value_or(SteadyTime::max());
      const bool woken = co_await news_.wait_until(until);
      if (!woken) break;
    }
  }
  services_.routes.remove(app_.id);
  news_.notify_all();
}

Task<> AppUnit::join() {
  tasks_.cancel();
  co_await tasks_.join();
}

Task<> AppUnit::load_desired() {
  struct Loaded {
    Result<store::App> app;
    Result<store::Release> release;
    std::vector<store::FormationEntry> formation;
  };
  const AppId id = app_.id;
  auto load = [id](store::Stores& stores) {
    return Loaded{stores.apps.find(id), stores.releases.current(id), stores.formations.list(id)};
  };
  auto loaded = co_await services_.store.run(std::move(load));
  if (!loaded.app) {  // destroyed
    destroying_ = true;
    co_return;
  }
  app_ = std::move(*loaded.app);
  if (loaded.release && loaded.release->slug) {
    // A release is a fresh start for what crashed or was stopped.
    if (loaded.release->id != release_.id) slots_.clear();
    release_ = std::move(*loaded.release);
  }
  formation_.clear();
  for (auto& entry : loaded.formation) formation_[entry.type] = entry;
}

Situation AppUnit::situation() const {
  Situation now;
  now.now = services_.clock.steady();
  now.desired.release = release_.id;
  if (!destroying_) {
    for (const auto& [type, entry] : formation_) {
      if (release_.processes.contains(type.str())) now.desired.quantity[type] = entry.quantity;
    }
  }
  for (const auto& [id, dyno] : dynos_) {
    const auto& record = dyno.runner->recipe().record;
    now.instances.push_back({id, record.name, record.release, phase_of(dyno), record.created_at,
                             dyno.started, dyno.replace, dyno.drained, dyno.draining_since});
  }
  for (const auto& [name, slot] : slots_) now.slots[name] = {slot.not_before, slot.stopped};
  return now;
}

Phase AppUnit::phase_of(const Dyno& dyno) const {
  if (dyno.runner->stopping() || dyno.boot_timed_out) return Phase::stopping;
  return dyno.runner->up() ? Phase::up : Phase::starting;
}

Task<> AppUnit::perform(Plan plan) {
  for (const DynoId& id : plan.boot_timeout) {
    Dyno& dyno = dynos_.at(id);
    dyno.boot_timed_out = true;
    dyno.runner->kill_for_boot_timeout(services_.timeouts.boot);
  }
  for (const DynoId& id : plan.drain) dynos_.at(id).draining_since = services_.clock.steady();
  publish(plan);
  for (const DynoId& id : plan.stop) {
    dynos_.at(id).since = services_.clock.wall();
    dynos_.at(id).runner->stop();
  }
  for (const DynoName& name : plan.start) co_await start(name);
  news_.notify_all();
}

void AppUnit::publish(const Plan& plan) {
  std::vector<ServedDyno> served;
  for (const DynoId& id : plan.serve) {
    const auto& record = dynos_.at(id).runner->recipe().record;
    if (record.port) {
      served.push_back({id, record.name, *record.port, *record.port == network::app_port});
    }
  }
  services_.routes.set(app_, plan.web, std::move(served));
  published_ = true;
}

Task<> AppUnit::start(DynoName name) {
  DynoRecipe recipe;
  recipe.app = app_;
  recipe.release = release_;
  recipe.slug_path = services_.paths.slug(*release_.slug);
  recipe.as_root = ::geteuid() == 0;
  auto& record = recipe.record;
  record.id = DynoId::make(services_.random);
  record.app = app_.id;
  record.name = name;
  record.release = release_.id;
  record.command = release_.processes.at(name.type.str());
  record.created_at = services_.clock.wall();
  recipe.scratch_path = services_.paths.scratch() + "/" + record.id.str();
  recipe.network = services_.networks.for_dyno();
  if (name.type.str() == web_type) {
    auto port = recipe.network.isolated() ? Result<std::uint16_t>(network::app_port)
                                          : free_port(services_.random);
    if (!port) {
      note_ending(recipe, {true, port.error().message, {}});
      co_return;
    }
    record.port = *port;
  }
  // The row comes first: a davitd that dies right after the launch must know the dyno.
  auto remember = [record](store::Stores& stores) { return stores.dynos.add(record); };
  auto remembered = co_await services_.store.run(std::move(remember));
  if (!remembered) {
    note_ending(recipe, {true, remembered.error().message, {}});
    co_return;
  }
  add(std::move(recipe), nullptr);
}

void AppUnit::adopt(store::DynoRecord record, store::Release release,
                    std::unique_ptr<dynos::DynoProcess> process) {
  DynoRecipe recipe;
  recipe.app = app_;
  recipe.record = std::move(record);
  recipe.release = std::move(release);
  recipe.scratch_path = services_.paths.scratch() + "/" + recipe.record.id.str();
  add(std::move(recipe), std::move(process));
}

void AppUnit::add(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted) {
  const DynoId id = recipe.record.id;
  Dyno dyno;
  dyno.started = services_.clock.steady();
  dyno.since = adopted ? recipe.record.created_at : services_.clock.wall();
  const DynoRunner::Services services{services_.launcher, services_.logs, services_.clock, tasks_};
  dyno.runner = std::make_unique<DynoRunner>(services, std::move(recipe), std::move(adopted));
  dynos_.emplace(id, std::move(dyno));
  tasks_.spawn("dyno", run_dyno(id));
  // The plan that started it did not know its boot deadline, and a dyno that never listens is heard of no more.
  look_again();
}

Task<> AppUnit::run_dyno(DynoId id) {
  DynoRunner& runner = *dynos_.at(id).runner;
  std::function<void()> on_up = [this, id] {
    dynos_.at(id).since = services_.clock.wall();
    look_again();
  };
  const Ending ending = co_await runner.run(std::move(on_up));
  // davit-dyno removes it itself, unless it was killed.
  const std::string scratch = runner.recipe().scratch_path;
  const auto& launcher = services_.launcher;
  auto remove_scratch = [scratch, &launcher, id = id.str()] {
    launcher.sweep(id);  // of a davit-dyno that was killed
    return remove_tree(scratch);
  };
  const auto removed = co_await run_blocking(services_.workers, std::move(remove_scratch));
  if (!removed) log::warning("scratch not removed", {{"error", removed.error().message}});
  auto forget = [id](store::Stores& stores) { return stores.dynos.remove(id); };
  (void)co_await services_.store.run(std::move(forget));
  note_ending(runner.recipe(), ending);
  dynos_.erase(id);
  look_again();
}

void AppUnit::note_ending(const DynoRecipe& recipe, const Ending& ending) {
  // What a superseded release's dyno does says nothing about its successor.
  if (!ending.crashed || recipe.record.release != release_.id) return;
  SlotState& slot = slots_[recipe.record.name];
  slot.since = services_.clock.wall();
  slot.crashes = policy_.count(slot.crashes, ending.ran);
  slot.reason = ending.reason;
  const double jitter = static_cast<double>(services_.random.below(1000)) / 1000.0;
  slot.not_before = services_.clock.steady() + policy_.delay(slot.crashes, jitter);
  log::info("dyno crashed", {{"app", app_.name.str()},
                             {"dyno", recipe.record.name.str()},
                             {"crashes", slot.crashes},
                             {"reason", ending.reason}});
  look_again();
}

void AppUnit::drained(const DynoId& id) {
  const auto found = dynos_.find(id);
  if (found == dynos_.end() || !found->second.draining_since) return;
  found->second.drained = true;
  look_again();
}

void AppUnit::restart(const std::string& type_or_name) {
  for (auto& [id, dyno] : dynos_) {
    if (matches(dyno.runner->recipe().record.name, type_or_name)) dyno.replace = true;
  }
  for (auto& [name, slot] : slots_) {
    if (matches(name, type_or_name)) slot = {};
  }
  look_again();
}

void AppUnit::stop(const std::string& type_or_name) {
  for (const auto& [id, dyno] : dynos_) {
    const auto& name = dyno.runner->recipe().record.name;
    if (!matches(name, type_or_name)) continue;
    slots_[name].stopped = true;
    slots_[name].since = services_.clock.wall();
  }
  look_again();
}

Task<> AppUnit::stop_all() {
  destroying_ = true;
  services_.timeouts.drain = std::chrono::seconds(5);  // its owner gave it up: long requests need not hold that up
  look_again();
  while (!dynos_.empty()) co_await news_.wait();
}

bool AppUnit::has(const std::string& type_or_name) const {
  const auto all = views();
  return std::ranges::any_of(
      all, [&](const DynoView& view) { return matches(view.name, type_or_name); });
}

BootView AppUnit::boot(const ReleaseId& release) const {
  if (release_.id != release) return {};
  for (const auto& [name, slot] : slots_) {
    if (slot.crashes > 0) {
      return {Boot::crashed, fmt::format("{}: {}", name.str(), slot.reason)};
    }
  }
  for (const auto& [type, entry] : formation_) {
    if (!release_.processes.contains(type.str())) continue;
    std::uint32_t up = 0;
    for (const auto& [id, dyno] : dynos_) {
      const auto& record = dyno.runner->recipe().record;
      up += record.name.type == type && record.release == release && dyno.runner->up() ? 1 : 0;
    }
    if (up < entry.quantity) return {};
  }
  return {Boot::up, {}};
}

std::vector<DynoView> AppUnit::views() const {
  std::vector<DynoView> list;
  for (const auto& [id, dyno] : dynos_) {
    const auto& recipe = dyno.runner->recipe();
    DynoView view;
    view.id = id;
    view.name = recipe.record.name;
    view.release = recipe.record.release;
    view.release_version = recipe.release.version;
    view.command = recipe.record.command;
    view.created_at = recipe.record.created_at;
    view.since = dyno.since;
    const Phase phase = phase_of(dyno);
    view.state = phase == Phase::up         ? DynoState::up
                 : phase == Phase::starting ? DynoState::starting
                                            : DynoState::stopping;
    list.push_back(std::move(view));
  }
  for (const auto& [name, slot] : slots_) {
    const auto entry = formation_.find(name.type);
    const bool wanted = entry != formation_.end() && name.number <= entry->second.quantity;
    const auto runs = [&](const DynoView& view) { return view.name == name; };
    if (!wanted || std::ranges::any_of(list, runs)) continue;
    if (!slot.stopped && slot.crashes == 0) continue;
    DynoView view;
    view.name = name;
    view.release = release_.id;
    view.release_version = release_.version;
    const auto command = release_.processes.find(name.type.str());
    if (command != release_.processes.end()) view.command = command->second;
    view.state = slot.stopped ? DynoState::down : DynoState::crashed;
    view.since = view.created_at = slot.since;
    view.reason = slot.stopped ? "" : slot.reason;
    list.push_back(std::move(view));
  }
  for (DynoView& view : list) {
    const auto entry = formation_.find(view.name.type);
    view.size = entry == formation_.end() ? "standard" : entry->second.size;
  }
  std::ranges::sort(list, {}, [](const DynoView& view) { return view.name; });
  return list;
}

}  // namespace davit::supervisor
