#include "server/supervisor/app_unit.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/log.hpp"
#include "server/paths.hpp"
#include "server/supervisor/scratch.hpp"

namespace davit::supervisor {
namespace {

constexpr const char* daily_cycling = "daily cycling";

}  // namespace

AppUnit::AppUnit(UnitServices services, store::App app)
    : services_(services),
      app_(std::move(app)),
      slots_(services.policy.restart),
      timeouts_(services.policy.timeouts),
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
    co_await settle_canary();
    Plan plan = make_plan(situation(), timeouts_);
    const auto planned = plan.wake_at;
    const bool promote = plan.promote_canary;
    co_await perform(std::move(plan));
    if (promote) co_await promote_canary();
    co_await save_slots();
    co_await save_sleep();
    while (!look_) {
      const auto retry = canary_.retry_at(services_.clock.steady());
      const SteadyTime until =
          std::min(planned.value_or(SteadyTime::max()), retry.value_or(SteadyTime::max()));
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

// --- what is done about it

Task<> AppUnit::perform(Plan plan) {
  perform_endings(plan);
  for (const DynoName& name : plan.start) co_await start(name, Origin::current);
  for (const DynoName& name : plan.start_trial) co_await start(name, Origin::trial);
  for (const DynoName& name : plan.start_canary) co_await start(name, Origin::canary);
  news_.notify_all();
}

void AppUnit::perform_endings(const Plan& plan) {
  for (const DynoId& id : plan.boot_timeout) {
    dynos_.at(id).runner->kill_for_boot_timeout();
    note_given_up(dynos_.at(id));
  }
  for (const DynoId& id : plan.cycle) {
    // Not stored: a new davitd finds it as old as we did.
    dynos_.at(id).runner->set_outgoing();
    dynos_.at(id).leaving = daily_cycling;
    look_ = true;
  }
  for (const DynoId& id : plan.drain) {
    Dyno& dyno = dynos_.at(id);
    dyno.draining_since = services_.clock.steady();
    dyno.runner->leave();
    if (dyno.leaving.empty()) dyno.leaving = why_leaving(dyno);
  }
  publish(plan);
  perform_sleep(plan);
  for (const DynoId& id : plan.stop) {
    Dyno& dyno = dynos_.at(id);
    if (dyno.leaving.empty()) dyno.leaving = why_leaving(dyno);
    dyno.since = services_.clock.wall();
    dyno.runner->stop();
  }
}

void AppUnit::publish(const Plan& plan) {
  std::vector<ServedDyno> served;
  const auto canaries = static_cast<std::uint32_t>(plan.canaries.size());
  const auto current = static_cast<std::uint32_t>(plan.serve.size()) - canaries;
  const auto weights = canary_weights(current, canaries, canary_.percent());
  for (const DynoId& id : plan.serve) {
    Dyno& dyno = dynos_.at(id);
    const auto& record = dyno.runner->recipe().record;
    if (!record.port) continue;
    dyno.served = true;
    dyno.drained = false;  // also one that comes back from its sleep
    served.push_back({id, record.name, *record.port, network::is_isolated(*record.port)});
    if (current == 0 || canaries == 0) continue;
    const bool canary = std::ranges::find(plan.canaries, id) != plan.canaries.end();
    served.back().weight = canary ? weights.canary : weights.current;
  }
  services_.routes.set(app_, {plan.web, quiet_after(), routing_, pages_, json_log_},
                       std::move(served));
  published_ = true;
}

Result<DynoRecipe> AppUnit::make_recipe(const DynoName& name, const Runnable& runnable) {
  const auto& release = runnable.release;
  const auto entry = formation_.find(name.type);
  DynoRecipe recipe;
  recipe.app = app_;
  recipe.release = release;
  recipe.size = services_.policy.sizes.or_standard(
      entry == formation_.end() ? standard_size : std::string_view(entry->second.size));
  recipe.health = name.type.str() == web_type ? runnable.health : HealthChecks();
  recipe.slug_path = services_.paths.slug(*release.slug);
  recipe.runtimes_path = services_.paths.runtimes();
  recipe.as_root = ::geteuid() == 0;
  recipe.stop_grace = timeouts_.stop_grace;
  auto& record = recipe.record;
  record.id = DynoId::make(services_.random);
  record.app = app_.id;
  record.name = name;
  record.release = release.id;
  record.command = release.processes.at(name.type.str());
  record.created_at = services_.clock.wall();
  record.size = recipe.size.name;
  recipe.scratch_path = services_.paths.scratch() + "/" + record.id.str();
  recipe.network = services_.networks.for_dyno();
  if (name.type.str() == web_type) {
    auto port = recipe.network.isolated() ? Result<std::uint16_t>(network::app_port)
                                          : free_port(services_.random);
    if (!port) return std::move(port).error();
    record.port = *port;
  }
  return recipe;
}

Task<> AppUnit::start(DynoName name, Origin origin) {
  const Runnable* const runnable = runnable_of(origin);
  if (runnable == nullptr) co_return;
  auto recipe = make_recipe(name, *runnable);
  Result<> remembered;
  if (recipe) {
    // The row comes first: a davitd that dies right after the launch must know the dyno.
    auto remember = [record = recipe->record](store::Stores& stores) {
      return stores.dynos.add(record);
    };
    remembered = co_await services_.store.run(std::move(remember));
  } else {
    remembered = recipe.error();
  }
  if (!remembered) {
    const std::string& reason = remembered.error().message;
    if (origin != Origin::trial)
      note_crash(name, reason, std::chrono::milliseconds(0));
    else if (trial_)
      trial_->failure = fmt::format("{}: {}", name.str(), reason);
    co_return;
  }
  auto preface = origin != Origin::trial ? preface_of(name) : std::vector<std::string>();
  unidling_.erase(name);
  const DynoId id = recipe->record.id;
  add(std::move(*recipe), nullptr).untried = origin == Origin::trial;
  tasks_.spawn("dyno", run_dyno(id, std::move(preface)));
  // The plan that started it did not know its boot deadline, and a dyno that never listens is heard
  // of no more.
  look_again();
}

// The vendor's lines about what the slot was until now.
std::vector<std::string> AppUnit::preface_of(const DynoName& name) const {
  for (const auto& [id, dyno] : dynos_) {
    if (dyno.runner->recipe().record.name != name || dyno.untried || dyno.counted) continue;
    const bool cycles = dyno.leaving == daily_cycling;
    return {cycles ? "Cycling" : "Restarting", "State changed from up to starting"};
  }
  if (unidling_.contains(name)) return {"Unidling", "State changed from down to starting"};
  const auto* slot = slots_.find(name);
  if (slot != nullptr && slot->crashes > 0) return {"State changed from crashed to starting"};
  return {"State changed from down to starting"};
}

void AppUnit::adopt(store::DynoRecord record, Runnable runnable,
                    std::unique_ptr<dynos::DynoProcess> process) {
  DynoRecipe recipe;
  recipe.app = app_;
  recipe.size = services_.policy.sizes.or_standard(record.size);
  recipe.record = std::move(record);
  if (recipe.record.port) recipe.health = runnable.health;
  recipe.scratch_path = services_.paths.scratch() + "/" + recipe.record.id.str();
  // What was a canary may be in the router's table still, though it has failed since.
  const bool untried =
      runnable.release.status != store::Status::succeeded && !runnable.release.canary;
  recipe.release = std::move(runnable.release);
  const DynoId id = recipe.record.id;
  Dyno& dyno = add(std::move(recipe), std::move(process));
  dyno.untried = untried;
  dyno.since = dyno.runner->recipe().record.created_at;
  // The table of the davitd before us may name it.
  dyno.served = dyno.runner->recipe().record.port && dyno.runner->up() && !untried;
  tasks_.spawn("dyno", run_dyno(id, {}));
}

AppUnit::Dyno& AppUnit::add(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted) {
  const DynoId id = recipe.record.id;
  Dyno dyno;
  dyno.started = services_.clock.steady();
  dyno.since = services_.clock.wall();
  const DynoRunner::Services services{services_.executor, services_.launcher, services_.logs,
                                      services_.prober,   services_.clock,    timeouts_,
                                      &flood_gate_,       services_.meter};
  dyno.runner = std::make_unique<DynoRunner>(services, std::move(recipe), std::move(adopted));
  dyno.runner->log_metrics(log_metrics_);
  return dynos_.emplace(id, std::move(dyno)).first->second;
}

Task<> AppUnit::run_dyno(DynoId id, std::vector<std::string> preface) {
  DynoRunner& runner = *dynos_.at(id).runner;
  DynoRunner::Story story;
  story.preface = std::move(preface);
  story.on_change = [this, id] {
    Dyno& dyno = dynos_.at(id);
    dyno.since = services_.clock.wall();
    if (!dyno.runner->given_up().empty()) note_given_up(dyno);
    look_again();
  };
  const Ending ending = co_await runner.run(std::move(story));
  co_await tell_ending(dynos_.at(id), ending);
  co_await remove_scratch(services_.workers, services_.launcher, id, runner.recipe().scratch_path);
  auto forget = [id](store::Stores& stores) { return stores.dynos.remove(id); };
  (void)co_await services_.store.run(std::move(forget));
  const Dyno& dyno = dynos_.at(id);
  if (ending.crashed && dyno.untried) note_trial_failure(dyno, ending.reason);
  if (ending.crashed && ended_in_service(dyno)) {
    note_crash(runner.recipe().record.name, ending.reason, ending.ran);
  }
  dynos_.erase(id);
  look_again();
}

// From this moment it has crashed, though its end may take a while: its back-off counts from now.
void AppUnit::note_given_up(Dyno& dyno) {
  const auto& record = dyno.runner->recipe().record;
  if (dyno.untried) note_trial_failure(dyno, dyno.runner->given_up());
  if (!ended_in_service(dyno)) return;
  dyno.counted = true;
  const auto ran = services_.clock.steady() - dyno.started;
  note_crash(record.name, dyno.runner->given_up(),
             std::chrono::duration_cast<std::chrono::milliseconds>(ran));
}

void AppUnit::note_trial_failure(const Dyno& dyno, const std::string& reason) {
  const auto& record = dyno.runner->recipe().record;
  const bool tried = trial_ && trial_->runnable.release.id == record.release;
  if (tried && trial_->failure.empty()) {
    trial_->failure = fmt::format("{}: {}", record.name.str(), reason);
  }
}

// What a superseded release's dyno does, or one that is on its way out, says nothing about its
// successor.
bool AppUnit::ended_in_service(const Dyno& dyno) const {
  const auto& record = dyno.runner->recipe().record;
  const bool due = is_canary_name(record.name) ? canary_.is(record.release)
                                               : record.release == current_.release.id;
  return due && !dyno.untried && !dyno.counted && !record.outgoing && !dyno.draining_since &&
         is_wanted(record.name);
}

Task<> AppUnit::tell_ending(const Dyno& dyno, const Ending& ending) {
  const auto& record = dyno.runner->recipe().record;
  const bool shared = std::ranges::any_of(dynos_, [&](const auto& entry) {
    const auto& other = entry.second.runner->recipe().record;
    return other.name == record.name && other.id != record.id;
  });
  if (dyno.runner->crash_told()) co_return;
  const bool crashed = ending.crashed && (dyno.untried || dyno.counted || ended_in_service(dyno));
  if (!crashed && shared) co_return;  // the slot's state is its successor's
  logs::Line line;
  line.app = app_.id;
  line.at = services_.clock.wall();
  line.source = logs::Source::heroku;
  line.process = record.name.str();
  line.text = fmt::format("State changed from {} to {}", ending.was_up ? "up" : "starting",
                          crashed ? "crashed" : "down");
  std::vector<logs::Line> lines;
  lines.push_back(std::move(line));
  co_await services_.logs.append(std::move(lines));
}

void AppUnit::note_crash(const DynoName& name, const std::string& reason,
                         std::chrono::milliseconds ran) {
  if (is_canary_name(name)) {
    canary_.crashed(name, reason);
    return look_again();
  }
  Slots::Crash crash;
  crash.reason = reason;
  crash.ran = ran;
  crash.jitter = static_cast<double>(services_.random.below(1000)) / 1000.0;
  for (const auto& [type, entry] : formation_) crash.formation += entry.quantity;
  const auto& slot = slots_.crashed(name, crash, now());
  log::info("dyno crashed", {{"app", app_.name.str()},
                             {"dyno", name.str()},
                             {"crashes", slot.crashes},
                             {"reason", reason}});
  look_again();
}

// --- what is asked for

void AppUnit::drained(const DynoId& id) {
  const auto found = dynos_.find(id);
  if (found == dynos_.end()) return;
  if (!found->second.draining_since && !sleeper_.asleep()) return;
  found->second.drained = true;
  look_again();
}

Task<Result<>> AppUnit::restart(std::string type_or_name) {
  wake();
  std::vector<DynoId> ids;
  for (auto& [id, dyno] : dynos_) {
    if (matches(dyno.runner->recipe().record.name, type_or_name)) ids.push_back(id);
  }
  auto store = [ids](store::Stores& stores) { return stores.dynos.set_outgoing(ids); };
  DAVIT_CO_TRY(co_await services_.store.run(std::move(store)));
  for (const DynoId& id : ids) {
    const auto dyno = dynos_.find(id);
    if (dyno == dynos_.end()) continue;
    dyno->second.runner->set_outgoing();
    if (dyno->second.leaving.empty()) dyno->second.leaving = "restart";
  }
  std::vector<DynoName> names;
  for (const auto& [name, slot] : slots_.all()) {
    if (matches(name, type_or_name)) names.push_back(name);
  }
  for (const DynoName& name : names) slots_.forget(name);
  co_await save_slots();
  look_again();
  co_return Result<>();
}

Task<Result<>> AppUnit::stop(std::string type_or_name) {
  if (const auto name = DynoName::parse(type_or_name); name && is_canary_name(*name)) {
    co_return fail(Errc::conflict, "{} is a canary's dyno; `davit releases:abort` stops it",
                   name->str());
  }
  for (const auto& [type, entry] : formation_) {
    for (std::uint32_t number = 1; number <= entry.quantity; ++number) {
      const DynoName name{type, number};
      if (matches(name, type_or_name)) slots_.stop(name, now());
    }
  }
  co_await save_slots();
  look_again();
  co_return Result<>();
}

Task<> AppUnit::stop_all() {
  destroying_ = true;
  timeouts_.drain =
      std::chrono::seconds(5);  // its owner gave it up: long requests need not hold that up
  look_again();
  while (!dynos_.empty()) co_await news_.wait();
}

void AppUnit::begin_trial(Runnable runnable) {
  trial_ = TrialState{std::move(runnable), {}};
  reload_ = true;  // its formation may be new as well
  look_again();
}

void AppUnit::end_trial() {
  trial_.reset();
  look_again();
}

}  // namespace davit::supervisor
