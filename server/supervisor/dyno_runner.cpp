#include "server/supervisor/dyno_runner.hpp"

#include <signal.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "base/duration.hpp"
#include "server/dynos/layout.hpp"
#include "server/dynos/put_down.hpp"
#include "server/logs/platform_lines.hpp"
#include "server/network/networks.hpp"

namespace davit::supervisor {
namespace {

// "60 seconds", "0.5 seconds"
std::string seconds_text(std::chrono::milliseconds time) {
  return fmt::format("{} seconds", static_cast<double>(time.count()) / 1000);
}

std::string status_text(const dyno::ExitRecord& record) {
  switch (record.reason) {
    case dyno::ExitReason::setup_failed: return record.detail;
    case dyno::ExitReason::out_of_memory:
      return "R15 memory quota vastly exceeded: ran out of memory";
    case dyno::ExitReason::disk_full: return "R22 disk quota exceeded: " + record.detail;
    case dyno::ExitReason::time_limit: return "took longer than its time limit";
    default: return fmt::format("exited with status {}", record.code);
  }
}

dyno::ExitRecord failed_setup(std::string why) {
  dyno::ExitRecord record;
  record.code = 1;
  record.reason = dyno::ExitReason::setup_failed;
  record.detail = std::move(why);
  return record;
}

dyno::ExitRecord lost(std::string why) {
  dyno::ExitRecord record;
  record.code = 137;
  record.reason = dyno::ExitReason::killed;
  record.detail = std::move(why);
  return record;
}

}  // namespace

DynoRunner::DynoRunner(Services services, DynoRecipe recipe,
                       std::unique_ptr<dynos::DynoProcess> adopted)
    : services_(services),
      recipe_(std::move(recipe)),
      process_(std::move(adopted)),
      helpers_(services.executor),
      gate_(services.flood_gate != nullptr ? *services.flood_gate : own_gate_),
      memory_(recipe_.size.memory_bytes),
      metrics_(recipe_.record.name.str(),
               fmt::format("heroku.{}.{}", recipe_.app.id.str(), recipe_.record.id.str())) {
  if (!process_) return;
  const bool runs = process_->status().state == dyno::State::running;
  listening_ = runs && process_->status().listening;
  // Whether its start check had passed is not known; to take it out of the table could only do
  // harm. What needs no port was up, also where it has ended meanwhile.
  up_ = listening_ || !recipe_.record.port;
  if (process_->status().frozen) freeze_ = Freeze::frozen;
}

Task<> DynoRunner::say(std::string text) {
  std::vector<std::string> texts;
  texts.push_back(std::move(text));
  co_await say_all(std::move(texts));
}

Task<> DynoRunner::say_all(std::vector<std::string> texts) {
  auto lines = logs::platform_lines(recipe_.app.id, recipe_.record.name.str(),
                                    services_.clock.wall(), std::move(texts));
  if (!lines.empty()) co_await services_.logs.append(std::move(lines));
}

Task<Ending> DynoRunner::run(Story story) {
  story_ = std::move(story);
  std::exception_ptr failure;
  Ending ending;
  try {
    ending = co_await live();
  } catch (...) {
    failure = std::current_exception();
  }
  // Helpers use what goes away with us; a cancellation must not keep us from waiting for them.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  helpers_.cancel();
  co_await helpers_.join();
  if (failure && process_ && recipe_.run_once) {
    co_await dynos::put_down(*process_, services_.timeouts.stop_grace);
  }
  process_.reset();
  if (failure) std::rethrow_exception(failure);
  co_return ending;
}

Task<Ending> DynoRunner::live() {
  if (!process_) {
    const auto launched = co_await launch();
    if (!launched) {
      auto record = failed_setup(launched.error().message);
      co_return co_await conclude(std::move(record));
    }
  }
  // What was asked for while it was being launched.
  if (!given_up_.empty()) {
    co_await give_up_boot();
  } else if (stop_wanted_) {
    co_await send_stop();
  }
  auto record = co_await follow();
  if (record) co_return co_await conclude(std::move(*record));
  auto gone = lost(record.error().message);
  co_return co_await conclude(std::move(gone));
}

Task<Result<>> DynoRunner::launch() {
  auto lines = std::move(story_.preface);
  lines.push_back(fmt::format("Starting process with command `{}`", recipe_.record.command));
  co_await say_all(std::move(lines));
  auto spec = make_spec(recipe_);
  if (services_.launcher.level() == dyno::Level::c) {
    spec = dynos::adapt_to_level_c(std::move(spec));
  }
  auto launched = co_await services_.launcher.launch(std::move(spec));
  if (!launched) co_return std::move(launched).error();
  process_ = std::move(*launched);
  if (recipe_.interaction) {
    // Before its events are asked for: a davit-dyno that was released waits for no one.
    auto link = co_await services_.launcher.attach(recipe_.record.id.str());
    if (!link) co_return std::move(link).error();
    story_.on_link(std::move(*link));
  }
  co_return Result<>();
}

// Until the exit record; an error when davit-dyno itself is gone.
Task<Result<dyno::ExitRecord>> DynoRunner::follow() {
  const std::string& id = recipe_.record.id.str();
  const std::uint64_t from = services_.logs.stored_position(recipe_.app.id, id);
  splitter_ = logs::LineSplitter(from);
  DAVIT_CO_TRY(co_await process_->subscribe(from));
  if (up_) {
    helpers_.spawn("liveness check", check_liveness());
  } else if (!recipe_.record.port && process_->status().state != dyno::State::exited) {
    co_await became_up();
  }
  for (;;) {
    auto event = co_await process_->next_event();
    if (!event) co_return std::move(event).error();
    if (auto* chunk = std::get_if<OutputChunk>(&*event)) {
      co_await take_output(std::move(*chunk));
    } else if (auto* dropped = std::get_if<dyno::Dropped>(&*event)) {
      // What an earlier davitd left out it has acknowledged, counted and told.
      const bool told = dropped->from == from && dropped->lines == 0;
      if (!told) co_await lose(dropped->lines);
    } else if (const auto* usage = std::get_if<dyno::Usage>(&*event)) {
      const auto taken = *usage;
      co_await take_usage(taken);
      co_await tell_of_loss();
    } else if (const auto* frozen = std::get_if<dyno::Frozen>(&*event)) {
      const bool is_frozen = frozen->frozen;
      co_await on_frozen(is_frozen);
    } else if (std::holds_alternative<dyno::Listening>(*event)) {
      co_await on_listening();
    } else if (auto* exited = std::get_if<dyno::Exited>(&*event)) {
      std::vector<logs::SplitLine> rest;
      if (auto last = splitter_.flush()) rest.push_back(std::move(*last));
      co_await store_lines(std::move(rest));
      if (auto lost = lost_.rest()) co_await say(std::move(*lost));
      const auto record = exited->record;
      (void)co_await process_->release();
      co_return record;
    }
  }
}

Task<> DynoRunner::take_usage(dyno::Usage usage) {
  if (services_.meter != nullptr) {
    services_.meter->used(recipe_.app.id, recipe_.record.name, recipe_.record.id, usage);
  }
  memory_.set_quota(usage.memory_quota_bytes);
  memory_.saw_peak(usage.memory_peak_bytes);
  auto lines = memory_.used(usage.memory_rss_bytes + usage.swap_bytes, services_.clock.steady());
  auto samples = metrics_.take(usage, services_.clock.steady());
  if (log_metrics_) std::ranges::move(samples, std::back_inserter(lines));
  co_await say_all(std::move(lines));
}

Task<> DynoRunner::on_listening() {
  if (listening_ || !recipe_.record.port) co_return;
  listening_ = true;
  if (recipe_.health.start) {
    helpers_.spawn("start check", check_start());
    story_.on_change();  // its boot deadline is met
    co_return;
  }
  co_await became_up();
}

Task<> DynoRunner::became_up() {
  if (up_ || stopping()) co_return;
  up_ = true;
  // First the table, then the words: whoever reads "up" in the log may send a request.
  story_.on_change();
  helpers_.spawn("liveness check", check_liveness());
  co_await say("State changed from starting to up");
}

HealthServices DynoRunner::health_services() {
  return {services_.prober, services_.clock,
          [this](std::string text) { return say(std::move(text)); },
          [this] { return frozen() || freezing(); }};
}

ProbeRequest DynoRunner::probe_target() const {
  ProbeRequest target;
  target.dyno = recipe_.record.id;
  target.port = recipe_.record.port.value_or(0);
  target.isolated = network::is_isolated(target.port);
  target.app = recipe_.app.name.str();
  return target;
}

Task<> DynoRunner::check_start() {
  auto check = *recipe_.health.start;
  auto target = probe_target();
  auto services = health_services();
  const auto passed = co_await run_health_check(std::move(services), CheckKind::start,
                                                std::move(check), std::move(target));
  if (passed) {
    co_await became_up();
    co_return;
  }
  if (stopping()) co_return;
  given_up_ = fmt::format("R20 start check failed: {}", passed.error().message);
  dying_ = true;
  story_.on_change();
  std::vector<std::string> lines;
  lines.push_back(fmt::format("Error R20 (Start check failed) -> {}", passed.error().message));
  lines.push_back("Stopping process with SIGKILL");
  co_await say_all(std::move(lines));
  (void)co_await process_->kill();
}

Task<> DynoRunner::check_liveness() {
  if (!recipe_.health.liveness || !recipe_.record.port) co_return;
  auto check = *recipe_.health.liveness;
  auto target = probe_target();
  auto services = health_services();
  const auto ended = co_await run_health_check(std::move(services), CheckKind::liveness,
                                               std::move(check), std::move(target));
  if (ended || stopping() || leaving_) co_return;
  given_up_ = fmt::format("R21 liveness check failed: {}", ended.error().message);
  crash_told_ = true;
  // Its successor need not wait until it is gone: one that hangs takes all of its grace. So the
  // words come first.
  std::vector<std::string> lines;
  lines.push_back(fmt::format("Error R21 (Liveness check failed) -> {}", ended.error().message));
  lines.push_back("State changed from up to crashed");
  lines.push_back("Stopping all processes with SIGTERM");
  co_await say_all(std::move(lines));
  story_.on_change();  // out of the table
  (void)co_await process_->stop(services_.timeouts.stop_grace);
}

void DynoRunner::stop() {
  if (std::exchange(stop_wanted_, true) || !process_) return;
  helpers_.spawn("stop dyno", send_stop());
}

Task<> DynoRunner::send_stop() {
  if (!given_up_.empty()) co_return;  // it is on its way out already
  co_await say("Stopping all processes with SIGTERM");
  (void)co_await process_->stop(services_.timeouts.stop_grace);
}

void DynoRunner::kill_for_boot_timeout() {
  if (stopping()) return;
  given_up_ = fmt::format("R10 boot timeout: nothing listened on $PORT within {}",
                          seconds_text(services_.timeouts.boot));
  dying_ = true;
  if (process_) helpers_.spawn("kill dyno that does not boot", give_up_boot());
}

Task<> DynoRunner::give_up_boot() {
  std::vector<std::string> lines;
  lines.push_back(
      fmt::format("Error R10 (Boot timeout) -> Web process failed to bind to $PORT within {} "
                  "of launch",
                  seconds_text(services_.timeouts.boot)));
  lines.push_back("Stopping process with SIGKILL");
  co_await say_all(std::move(lines));
  (void)co_await process_->kill();
}

Task<Ending> DynoRunner::conclude(dyno::ExitRecord record) {
  using dyno::ExitReason;
  Ending ending;
  ending.ran = record.ran;
  ending.code = record.code;
  ending.was_up = up_ && record.reason != dyno::ExitReason::setup_failed;
  ending.completed = record.reason == ExitReason::exited;
  // One that got SIGTERM from elsewhere (the machine goes down, an earlier davitd stopped it) did
  // not crash either.
  const bool stopped = stop_wanted_ || record.reason == ExitReason::stopped ||
                       record.reason == ExitReason::stop_timeout;
  ending.crashed = !given_up_.empty() || !stopped;
  std::vector<std::string> lines;
  const bool timed_out = record.reason == ExitReason::time_limit;
  if (timed_out) {
    // An adopted one's limit is known to its davit-dyno alone.
    const bool known = recipe_.time_limit.count() > 0;
    lines.push_back(fmt::format("Time limit{} reached. Stopping all processes with SIGTERM",
                                known ? " of " + format_duration(recipe_.time_limit) : ""));
  }
  if (record.reason == ExitReason::stop_timeout || (timed_out && record.signal == SIGKILL)) {
    lines.push_back(
        fmt::format("Error R12 (Exit timeout) -> At least one process failed to exit within {} "
                    "of SIGTERM",
                    seconds_text(services_.timeouts.stop_grace)));
    lines.push_back("Stopping remaining processes with SIGKILL");
  }
  if (record.reason == ExitReason::out_of_memory) lines = memory_.killed();
  if (record.reason == ExitReason::disk_full) {
    lines.push_back("Error R22 (Disk quota exceeded)");
    lines.push_back("Stopping process with SIGKILL");
  }
  if (!record.detail.empty()) lines.push_back(record.detail);
  if (record.reason != ExitReason::setup_failed) {
    lines.push_back(fmt::format("Process exited with status {}", record.code));
  }
  co_await say_all(std::move(lines));
  if (ending.crashed) ending.reason = given_up_.empty() ? status_text(record) : given_up_;
  co_return ending;
}

}  // namespace davit::supervisor
