#include "server/supervisor/one_offs.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "base/log.hpp"
#include "base/race.hpp"
#include "server/logs/platform_lines.hpp"
#include "server/paths.hpp"
#include "server/supervisor/limits.hpp"
#include "server/supervisor/relay.hpp"
#include "server/supervisor/scratch.hpp"

namespace davit::supervisor {
namespace {

// Four digits, as the vendor's.
constexpr std::uint32_t number_first = 1000, number_count = 9000;

DynoView view_of(const DynoRecipe& recipe) {
  DynoView view;
  view.id = recipe.record.id;
  view.name = recipe.record.name;
  view.release = recipe.release.id;
  view.release_version = recipe.release.version;
  view.command = recipe.record.command;
  view.size = recipe.record.size;
  view.since = view.created_at = recipe.record.created_at;
  return view;
}

}  // namespace

OneOffs::OneOffs(UnitServices services)
    : services_(services), tasks_(services.executor), news_(services.executor) {}

DynoName OneOffs::choose_name(const AppId& app, const ProcessType& type) const {
  const auto taken = views(app);
  for (;;) {
    const auto number =
        number_first + static_cast<std::uint32_t>(services_.random.below(number_count));
    const DynoName name{type, number};
    const auto same = [&](const DynoView& view) { return view.name == name; };
    if (std::ranges::none_of(taken, same)) return name;
  }
}

Task<DynoSize> OneOffs::size_of(AppId app, ProcessType type) {
  auto load = [app](store::Stores& stores) { return stores.formations.list(app); };
  const auto formation = co_await services_.store.run(std::move(load));
  const auto entry = std::ranges::find(formation, type, &store::FormationEntry::type);
  co_return services_.policy.sizes.or_standard(
      entry == formation.end() ? standard_size : std::string_view(entry->size));
}

Task<Result<DynoRecipe>> OneOffs::make_recipe(RunRequest request) {
  DynoRecipe recipe;
  auto size = request.size ? std::move(*request.size) : DynoSize();
  if (!request.size) size = co_await size_of(request.app.id, request.type);
  // The last wait before the name and the room are taken: two requests never get the same.
  DAVIT_CO_TRY(make_room(request.app.id));
  auto& record = recipe.record;
  record.id = request.id.empty() ? DynoId::make(services_.random) : std::move(request.id);
  record.app = request.app.id;
  record.name = choose_name(request.app.id, request.type);
  record.release = request.release.id;
  record.command = std::move(request.command);
  record.created_at = services_.clock.wall();
  record.size = size.name;
  record.one_off = true;
  recipe.size = std::move(size);
  recipe.slug_path = services_.paths.slug(*request.release.slug);
  recipe.runtimes_path = services_.paths.runtimes();
  recipe.scratch_path = services_.paths.scratch() + "/" + record.id.str();
  recipe.as_root = ::geteuid() == 0;
  recipe.stop_grace = services_.policy.timeouts.stop_grace;
  recipe.time_limit = request.time_limit;
  recipe.env = std::move(request.env);
  recipe.interaction = request.interaction;
  recipe.run_once = request.interaction.has_value();
  recipe.network = services_.networks.for_dyno();
  recipe.app = std::move(request.app);
  recipe.release = std::move(request.release);
  co_return recipe;
}

Result<> OneOffs::make_room(const AppId& app) const {
  std::size_t of_app = 0, all = waiting_.size();
  for (const auto& [id, waiting] : waiting_) of_app += waiting.recipe.app.id == app ? 1 : 0;
  for (const auto& [id, running] : running_) {
    if (running.of_release) continue;
    ++all;
    of_app += running.runner->recipe().app.id == app ? 1 : 0;
  }
  if (of_app >= limits::one_offs_per_app) {
    return fail(Errc::limit_exceeded,
                "The app runs {} one-off dynos already, and no app may have more. `davit ps` lists "
                "them, `davit ps:stop run.1234` ends one.",
                of_app);
  }
  if (all >= limits::one_offs_max) {
    return fail(Errc::limit_exceeded,
                "This server runs {} one-off dynos already and takes no more. Try again later.",
                all);
  }
  return {};
}

Task<Ending> OneOffs::run(OneOffRequest request, OutputSink& output) {
  DynoRecipe recipe;
  recipe.app = request.app;
  recipe.release = request.release;
  recipe.size = co_await size_of(request.app.id, request.name.type);
  recipe.slug_path = services_.paths.slug(*request.release.slug);
  recipe.runtimes_path = services_.paths.runtimes();
  recipe.as_root = ::geteuid() == 0;
  recipe.run_once = true;
  recipe.time_limit = request.time_limit;
  recipe.stop_grace = services_.policy.timeouts.stop_grace;
  auto& record = recipe.record;
  record.id = DynoId::make(services_.random);
  record.app = request.app.id;
  record.name = request.name;
  record.release = request.release.id;
  record.command = request.command;
  record.created_at = services_.clock.wall();
  record.size = recipe.size.name;
  recipe.scratch_path = services_.paths.scratch() + "/" + record.id.str();
  recipe.network = services_.networks.for_dyno();
  DynoRunner::Story story;
  story.tee = &output;
  co_return co_await live(std::move(recipe), nullptr, std::move(story));
}

Task<Result<DynoView>> OneOffs::begin(RunRequest request) {
  auto made = co_await make_recipe(std::move(request));
  if (!made) co_return std::move(made).error();
  DynoRecipe recipe = std::move(*made);
  const DynoId id = recipe.record.id;
  const AppId app = recipe.app.id;
  const bool attached = recipe.interaction.has_value();
  // In the list from here on, so that nobody else takes its name.
  const SteadyTime until = services_.clock.steady() + limits::attach_timeout;
  waiting_.emplace(id, Waiting{recipe, until});
  if (!attached) {
    // The row comes first: a davitd that dies right after the launch must know the dyno.
    auto remember = [record = recipe.record](store::Stores& stores) {
      return stores.dynos.add(record);
    };
    const auto remembered = co_await services_.store.run(std::move(remember));
    const bool stopped = waiting_.erase(id) == 0;
    if (!remembered) co_return remembered.error();
    if (stopped) {
      co_await forget(id);
      co_return fail(Errc::conflict, "The dyno was stopped before its start.");
    }
  }
  auto view = view_of(recipe);
  if (attached) {
    tasks_.spawn("one-off waits for its client", wait_for_client(id));
  } else {
    tasks_.spawn("detached one-off", live_detached(std::move(recipe), nullptr));
  }
  co_return view;
}

void OneOffs::adopt(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> process) {
  tasks_.spawn("detached one-off", live_detached(std::move(recipe), std::move(process)));
}

Task<> OneOffs::wait_for_client(DynoId id) {
  const auto begun = waiting_.find(id);
  if (begun == waiting_.end()) co_return;
  const DynoRecipe recipe = begun->second.recipe;
  const SteadyTime until = begun->second.until;
  std::vector<std::string> texts{"Awaiting client"};
  co_await say(recipe, std::move(texts));
  bool in_time = true;
  while (waiting_.contains(id) && in_time) in_time = co_await news_.wait_until(until);
  if (waiting_.erase(id) == 0) co_return;
  texts = {"Error R13 (Attach error) -> Failed to attach to process",
           "State changed from starting to complete"};
  co_await say(recipe, std::move(texts));
  news_.notify_all();
}

Task<Result<>> OneOffs::attach(DynoId id, RunClient& client) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) {
    co_return fail(Errc::not_found, "This one-off dyno does not wait for a client any more.");
  }
  DynoRecipe recipe = std::move(found->second.recipe);
  waiting_.erase(found);
  Talk talk;
  std::vector<Task<>> sides;
  sides.push_back(live_attached(std::move(recipe), talk));
  sides.push_back(talk_with(client, id, talk));
  co_await run_all(std::move(sides));
  co_return Result<>();
}

Task<> OneOffs::live_attached(DynoRecipe recipe, Talk& talk) {
  DynoRunner::Story story;
  story.on_link = [this, &talk](Link link) {
    talk.link = std::move(link);
    news_.notify_all();
  };
  std::exception_ptr failure;
  try {
    talk.ending = co_await live(std::move(recipe), nullptr, std::move(story));
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) talk.ending = Ending();
  news_.notify_all();
  if (failure) std::rethrow_exception(failure);
}

Task<> OneOffs::talk_with(RunClient& client, DynoId id, Talk& talk) {
  while (!talk.link && !talk.ending) co_await news_.wait();
  if (!talk.link) {
    run_stream::FromCommand message =
        run_stream::Ended{talk.ending->code, 0, "setup_failed", talk.ending->reason};
    (void)co_await client.send(std::move(message));
    co_return;
  }
  const RelayTimes times{limits::session_idle, limits::session_ping};
  const auto end = co_await relay(client, *talk.link, times);
  const auto running = running_.find(id);
  if (running != running_.end() && (end == RelayEnd::client_gone || end == RelayEnd::idle)) {
    std::vector<std::string> texts{
        end == RelayEnd::idle ? "Idle for too long. Sending SIGHUP to all processes"
                              : "Client connection closed. Sending SIGHUP to all processes"};
    const DynoRecipe& recipe = running->second.runner->recipe();
    co_await say(recipe, std::move(texts));
  }
  talk.link.reset();
}

Task<> OneOffs::live_detached(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted) {
  const DynoId id = recipe.record.id;
  DynoRunner::Story story;
  const auto ending = co_await live(std::move(recipe), std::move(adopted), std::move(story));
  if (on_end_) on_end_(id, ending);
  co_await forget(id);
}

Task<> OneOffs::forget(DynoId id) {
  auto remove = [id](store::Stores& stores) { return stores.dynos.remove(id); };
  (void)co_await services_.store.run(std::move(remove));
}

// An exception (this davitd ends) leaves a detached one as it is.
Task<Ending> OneOffs::live(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted,
                           DynoRunner::Story story) {
  const DynoId id = recipe.record.id;
  const std::string scratch = recipe.scratch_path;
  const bool ends_with_us = recipe.run_once;
  const bool of_release = story.tee != nullptr;
  const DynoRunner::Services services{
      services_.executor, services_.launcher,        services_.logs, services_.prober,
      services_.clock,    services_.policy.timeouts, nullptr,        services_.meter};
  DynoRunner runner(services, std::move(recipe), std::move(adopted));
  running_[id] = {&runner, services_.clock.wall(), of_release};
  story.on_change = [this, id] {
    running_.at(id).since = services_.clock.wall();
    news_.notify_all();
  };
  std::exception_ptr failure;
  Ending ending;
  try {
    ending = co_await runner.run(std::move(story));
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!failure || ends_with_us) {
    co_await remove_scratch(services_.workers, services_.launcher, id, scratch);
  }
  running_.erase(id);
  news_.notify_all();
  co_await asio::this_coro::reset_cancellation_state();
  if (failure) std::rethrow_exception(failure);
  std::vector<std::string> texts{
      fmt::format("State changed from {} to complete", ending.was_up ? "up" : "starting")};
  co_await say(runner.recipe(), std::move(texts));
  co_return ending;
}

Task<> OneOffs::say(const DynoRecipe& recipe, std::vector<std::string> texts) {
  auto lines = logs::platform_lines(recipe.app.id, recipe.record.name.str(), services_.clock.wall(),
                                    std::move(texts));
  co_await services_.logs.append(std::move(lines));
}

std::vector<DynoView> OneOffs::views(const AppId& app) const {
  std::vector<DynoView> list;
  for (const auto& [id, waiting] : waiting_) {
    if (waiting.recipe.app.id == app) list.push_back(view_of(waiting.recipe));
  }
  for (const auto& [id, running] : running_) {
    const auto& recipe = running.runner->recipe();
    if (recipe.app.id != app) continue;
    DynoView view = view_of(recipe);
    view.state = running.runner->stopping() ? DynoState::stopping
                 : running.runner->up()     ? DynoState::up
                                            : DynoState::starting;
    view.since = running.since;
    view.over_memory = running.runner->memory().over();
    list.push_back(std::move(view));
  }
  return list;
}

bool OneOffs::stop(const AppId& app, const std::string& type_or_name) {
  bool any = false;
  const auto wanted = [&](const DynoRecipe& recipe) {
    return recipe.app.id == app && matches(recipe.record.name, type_or_name);
  };
  for (const auto& [id, running] : running_) {
    if (!wanted(running.runner->recipe())) continue;
    running.runner->stop();
    any = true;
  }
  any =
      std::erase_if(waiting_, [&](const auto& entry) { return wanted(entry.second.recipe); }) > 0 ||
      any;
  if (any) news_.notify_all();
  return any;
}

Task<> OneOffs::stop_all(AppId app) {
  stop(app, "");
  while (!views(app).empty()) co_await news_.wait();
}

Task<> OneOffs::shut_down() {
  tasks_.cancel();
  co_await tasks_.join();
}

}  // namespace davit::supervisor
