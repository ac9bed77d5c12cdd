#include "server/supervisor/one_offs.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/paths.hpp"

namespace davit::supervisor {
namespace {

// Four digits, as the vendor's.
constexpr std::uint32_t number_first = 1000, number_count = 9000;

}  // namespace

DynoName OneOffs::choose_name(const AppId& app, const ProcessType& type) const {
  const auto taken = views(app);
  for (;;) {
    const auto number = number_first + static_cast<std::uint32_t>(services_.random.below(number_count));
    const DynoName name{type, number};
    const auto same = [&](const DynoView& view) { return view.name == name; };
    if (std::ranges::none_of(taken, same)) return name;
  }
}

Task<DynoSize> OneOffs::size_of(AppId app, ProcessType type) {
  auto load = [app](store::Stores& stores) { return stores.formations.list(app); };
  const auto formation = co_await services_.store.run(std::move(load));
  const auto entry = std::ranges::find(formation, type, &store::FormationEntry::type);
  co_return services_.policy.sizes.or_standard(entry == formation.end() ? standard_size
                                                                        : std::string_view(entry->size));
}

Task<Ending> OneOffs::run(OneOffRequest request, OutputSink& output) {
  DynoRecipe recipe;
  recipe.app = request.app;
  recipe.release = request.release;
  recipe.size = co_await size_of(request.app.id, request.name.type);
  recipe.slug_path = services_.paths.slug(*request.release.slug);
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

  const DynoId id = record.id;
  const std::string scratch = recipe.scratch_path;
  const DynoRunner::Services services{services_.executor, services_.launcher,
                                      services_.logs,     services_.prober,
                                      services_.clock,    services_.policy.timeouts,
                                      nullptr,            services_.meter};
  DynoRunner runner(services, std::move(recipe), nullptr);
  running_[id] = {&runner, services_.clock.wall()};
  DynoRunner::Story story;
  story.on_change = [this, id] { running_.at(id).since = services_.clock.wall(); };
  story.tee = &output;
  std::exception_ptr failure;
  Ending ending;
  try {
    ending = co_await runner.run(std::move(story));
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  running_.erase(id);
  const auto& launcher = services_.launcher;
  auto remove_scratch = [scratch, &launcher, name = id.str()] {
    launcher.sweep(name);  // of a davit-dyno that was killed
    return remove_tree(scratch);
  };
  const auto removed = co_await run_blocking(services_.workers, std::move(remove_scratch));
  if (!removed) log::warning("scratch not removed", {{"error", removed.error().message}});
  co_await asio::this_coro::reset_cancellation_state();
  if (failure) std::rethrow_exception(failure);
  logs::Line line;
  line.app = request.app.id;
  line.at = services_.clock.wall();
  line.source = logs::Source::heroku;
  line.process = request.name.str();
  line.text = fmt::format("State changed from {} to complete", ending.was_up ? "up" : "starting");
  std::vector<logs::Line> lines;
  lines.push_back(std::move(line));
  co_await services_.logs.append(std::move(lines));
  co_return ending;
}

std::vector<DynoView> OneOffs::views(const AppId& app) const {
  std::vector<DynoView> list;
  for (const auto& [id, running] : running_) {
    const auto& recipe = running.runner->recipe();
    if (recipe.app.id != app) continue;
    DynoView view;
    view.id = id;
    view.name = recipe.record.name;
    view.release = recipe.release.id;
    view.release_version = recipe.release.version;
    view.command = recipe.record.command;
    view.size = recipe.record.size;
    view.state = running.runner->stopping() ? DynoState::stopping
                 : running.runner->up()     ? DynoState::up
                                            : DynoState::starting;
    view.since = running.since;
    view.created_at = recipe.record.created_at;
    view.over_memory = running.runner->memory().over();
    list.push_back(std::move(view));
  }
  return list;
}

bool OneOffs::stop(const AppId& app, const std::string& type_or_name) {
  bool any = false;
  for (const auto& [id, running] : running_) {
    const auto& recipe = running.runner->recipe();
    if (recipe.app.id != app || !matches(recipe.record.name, type_or_name)) continue;
    running.runner->stop();
    any = true;
  }
  return any;
}

}  // namespace davit::supervisor
