#include "server/network/trial.hpp"

#include <unistd.h>

#include "base/ids.hpp"
#include "server/network/limits.hpp"

namespace davit::network {
namespace {

constexpr std::uint32_t nobody = 65534;

dyno::Spec spec_of(const TrialHost& host, Trial trial) {
  dyno::Spec spec;
  spec.id = DynoId::make(host.random).str();
  spec.name = "trial.1";
  spec.argv = {"/bin/bash", "-c", std::move(trial.script)};
  spec.env = {{"PATH", "/usr/bin:/bin"}};
  spec.scratch = host.scratch + "/" + spec.id;
  if (::geteuid() == 0 && host.launcher.level() == dyno::Level::a) spec.uid = nobody;
  spec.owner_bound = true;
  spec.time_limit = limits::trial_timeout;
  spec.network = std::move(trial.network);
  return spec;
}

}  // namespace

Task<Result<TrialDyno>> start_trial(TrialHost host, Trial trial) {
  auto spec = spec_of(host, std::move(trial));
  co_return co_await host.launcher.launch(std::move(spec));
}

Task<> end_trial(TrialDyno dyno) {
  (void)co_await dyno->release();
  for (;;) {
    const auto event = co_await dyno->next_event();
    if (!event) co_return;  // davit-dyno is gone, and everything of the dyno with it
  }
}

Task<Result<TrialOutcome>> run_trial(TrialHost host, Trial trial) {
  auto launched = co_await start_trial(host, std::move(trial));
  if (!launched) co_return std::move(launched).error();
  const auto dyno = std::move(*launched);
  const auto subscribed = co_await dyno->subscribe(0);
  if (!subscribed) co_return subscribed.error();
  TrialOutcome outcome;
  for (;;) {
    auto event = co_await dyno->next_event();
    if (!event) co_return std::move(event).error();
    if (const auto* chunk = std::get_if<OutputChunk>(&*event)) {
      const std::size_t room = limits::trial_output_bytes_max - outcome.output.size();
      outcome.output.append(chunk->bytes, 0, room);
      continue;
    }
    const auto* exited = std::get_if<dyno::Exited>(&*event);
    if (exited == nullptr) continue;
    const dyno::ExitRecord record = exited->record;
    (void)co_await dyno->release();
    if (record.reason == dyno::ExitReason::setup_failed) {
      co_return fail(Errc::io, "a dyno could not be made: {}", record.detail);
    }
    if (record.reason == dyno::ExitReason::time_limit) {
      co_return fail(Errc::timeout, "a trial dyno took longer than {} s",
                     limits::trial_timeout.count());
    }
    outcome.code = record.code;
    co_return outcome;
  }
}

}  // namespace davit::network
