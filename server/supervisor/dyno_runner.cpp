#include "server/supervisor/dyno_runner.hpp"

#include "base/limits.hpp"
#include "server/dynos/layout.hpp"

namespace davit::supervisor {
namespace {

std::string status_text(const dyno::ExitRecord& record) {
  if (record.reason == dyno::ExitReason::setup_failed) return record.detail;
  if (record.reason == dyno::ExitReason::out_of_memory) return "R15 memory quota vastly exceeded: ran out of memory";
  if (record.reason == dyno::ExitReason::disk_full) return record.detail;
  return fmt::format("exited with status {}", record.code);
}

}  // namespace

DynoRunner::DynoRunner(Services services, DynoRecipe recipe,
                       std::unique_ptr<dynos::DynoProcess> adopted)
    : services_(services), recipe_(std::move(recipe)), process_(std::move(adopted)) {
  up_ = process_ && process_->status().state == dyno::State::running &&
        (process_->status().listening || !recipe_.record.port);
}

Task<> DynoRunner::say(std::string text) {
  logs::Line line;
  line.app = recipe_.app.id;
  line.at = services_.clock.wall();
  line.source = logs::Source::heroku;
  line.process = recipe_.record.name.str();
  line.text = std::move(text);
  std::vector<logs::Line> lines;
  lines.push_back(std::move(line));
  co_await services_.logs.append(std::move(lines));
}

Task<Ending> DynoRunner::run(std::function<void()> on_up) {
  on_up_ = std::move(on_up);
  if (!process_) {
    co_await say(fmt::format("Starting process with command `{}`", recipe_.record.command));
    auto spec = make_spec(recipe_);
    if (services_.launcher.level() == dyno::Level::c) {
      spec = dynos::adapt_to_level_c(std::move(spec));
    }
    auto launched = co_await services_.launcher.launch(std::move(spec));
    if (!launched) {
      dyno::ExitRecord record;
      record.code = 1;
      record.reason = dyno::ExitReason::setup_failed;
      record.detail = launched.error().message;
      co_return co_await conclude(std::move(record));
    }
    process_ = std::move(*launched);
  }
  // Asked for while it was being launched.
  if (stop_wanted_) co_await send_stop();
  if (!late_boot_.empty()) co_await kill_late_boot();
  auto record = co_await follow();
  if (record) co_return co_await conclude(std::move(*record));
  dyno::ExitRecord lost;
  lost.code = 137;
  lost.reason = dyno::ExitReason::killed;
  lost.detail = record.error().message;
  co_return co_await conclude(std::move(lost));
}

// Until the exit record; an error when davit-dyno itself is gone.
Task<Result<dyno::ExitRecord>> DynoRunner::follow() {
  const std::string& id = recipe_.record.id.str();
  const std::uint64_t from = services_.logs.stored_position(recipe_.app.id, id);
  splitter_ = logs::LineSplitter(from);
  DAVIT_CO_TRY(co_await process_->subscribe(from));
  if (!up_ && !recipe_.record.port && process_->status().state != dyno::State::exited) {
    co_await became_up();
  }
  for (;;) {
    auto event = co_await process_->next_event();
    if (!event) co_return std::move(event).error();
    if (auto* chunk = std::get_if<OutputChunk>(&*event)) {
      co_await store_output(std::move(*chunk));
    } else if (auto* dropped = std::get_if<dyno::Dropped>(&*event)) {
      co_await say(fmt::format("Error L10 (Output buffer overflow): {} bytes of output lost",
                               dropped->to - dropped->from));
    } else if (std::holds_alternative<dyno::Listening>(*event)) {
      if (!up_ && recipe_.record.port) co_await became_up();
    } else if (auto* exited = std::get_if<dyno::Exited>(&*event)) {
      std::vector<logs::SplitLine> rest;
      if (auto last = splitter_.flush()) rest.push_back(std::move(*last));
      co_await store_lines(std::move(rest));
      const auto record = exited->record;
      (void)co_await process_->release();
      co_return record;
    }
  }
}

Task<> DynoRunner::store_output(OutputChunk chunk) {
  auto lines = splitter_.feed(chunk.offset, chunk.bytes);
  if (lines.empty()) co_return;
  const std::uint64_t position = lines.back().position;
  co_await store_lines(std::move(lines));
  // A failed acknowledgement means that the connection is gone: next_event() tells.
  (void)co_await process_->ack(position);
}

Task<> DynoRunner::store_lines(std::vector<logs::SplitLine> split) {
  std::vector<logs::Line> lines;
  for (auto& part : split) {
    logs::Line line;
    line.app = recipe_.app.id;
    line.at = services_.clock.wall();
    line.process = recipe_.record.name.str();
    line.text = std::move(part.text);
    line.stream = recipe_.record.id.str();
    line.position = part.position;
    lines.push_back(std::move(line));
  }
  co_await services_.logs.append(std::move(lines));
}

Task<> DynoRunner::became_up() {
  up_ = true;
  // First the table, then the words: whoever reads "up" in the log may send a request.
  on_up_();
  co_await say("State changed from starting to up");
}

void DynoRunner::stop() {
  if (std::exchange(stop_wanted_, true) || !process_) return;
  services_.tasks.spawn("stop dyno", send_stop());
}

Task<> DynoRunner::send_stop() {
  if (up_) co_await say("Stopping all processes with SIGTERM");
  if (process_) (void)co_await process_->stop(limits::stop_grace);
}

void DynoRunner::kill_for_boot_timeout(std::chrono::milliseconds allowed) {
  if (!late_boot_.empty()) return;
  late_boot_ = fmt::format("{} seconds", static_cast<double>(allowed.count()) / 1000);
  if (process_) services_.tasks.spawn("kill dyno that does not boot", kill_late_boot());
}

Task<> DynoRunner::kill_late_boot() {
  co_await say(fmt::format(
      "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within {} of launch",
      late_boot_));
  co_await say("Stopping process with SIGKILL");
  if (process_) (void)co_await process_->kill();
}

Task<Ending> DynoRunner::conclude(dyno::ExitRecord record) {
  process_.reset();
  Ending ending;
  ending.ran = record.ran;
  ending.crashed = !stop_wanted_;
  const std::string was = up_ ? "up" : "starting";
  if (record.reason == dyno::ExitReason::stop_timeout) {
    co_await say("Error R12 (Exit timeout) -> At least one process failed to exit within 30 "
                 "seconds of SIGTERM");
  }
  if (record.reason == dyno::ExitReason::out_of_memory) {
    co_await say("Error R15 (Memory quota vastly exceeded)");
  }
  if (!record.detail.empty()) co_await say(record.detail);
  if (record.reason != dyno::ExitReason::setup_failed) {
    co_await say(fmt::format("Process exited with status {}", record.code));
  }
  if (ending.crashed) {
    ending.reason = late_boot_.empty() ? status_text(record)
                                       : "R10 boot timeout: nothing listened on $PORT within " + late_boot_;
    co_await say(fmt::format("State changed from {} to crashed", was));
  } else {
    co_await say(fmt::format("State changed from {} to down", was));
  }
  co_return ending;
}

}  // namespace davit::supervisor
