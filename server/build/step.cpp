#include "server/build/step.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "server/build/limits.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/dynos/put_down.hpp"

namespace davit::build {

Task<> CaptureSink::write(std::string bytes) {
  const std::size_t room = bytes_max_ - text_.size();
  if (bytes.size() > room) cut_ = true;
  text_.append(bytes, 0, room);
  co_return;
}

StepRunner::StepRunner(dynos::Launcher& launcher, const BuildPaths& paths, Random& random,
                       StepSetup setup)
    : launcher_(launcher),
      paths_(paths),
      random_(random),
      setup_(std::move(setup)),
      deadline_(clock_.steady() + setup_.limits.time) {}

Result<dyno::Spec> StepRunner::make_spec(Step step) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - clock_.steady());
  if (left.count() <= 0) {
    dyno::ExitRecord late;
    late.reason = dyno::ExitReason::time_limit;
    return judge_end(late, setup_.limits).error();
  }
  dyno::Spec spec;
  spec.id = DynoId::make(random_).str();
  spec.name = "build.1";
  spec.argv = std::move(step.argv);
  spec.env = setup_.env;
  spec.cwd = std::move(step.cwd);
  spec.mounts = paths_.mounts();
  spec.mounts.insert(spec.mounts.end(), mounts_.begin(), mounts_.end());
  spec.scratch = paths_.scratch(steps_++);
  spec.uid = setup_.uid;
  spec.time_limit = step.time_limit.count() > 0 ? std::min(left, step.time_limit) : left;
  spec.limits = step_limits(setup_.limits);
  spec.stop_grace = limits::step_stop_grace;
  spec.spool_bytes = limits::step_spool_bytes;
  spec.spool_policy = dyno::SpoolPolicy::block;
  spec.owner_bound = true;
  spec.network = setup_.network();
  return spec;
}

Task<Result<StepRunner::Followed>> StepRunner::follow(dynos::DynoProcess& process,
                                                      OutputSink& output) {
  Followed followed;
  const auto subscribed = co_await process.subscribe(0);
  if (!subscribed) co_return subscribed.error();
  for (;;) {
    auto event = co_await process.next_event();
    if (!event) co_return std::move(event).error();
    if (const auto* exited = std::get_if<dyno::Exited>(&*event)) {
      followed.record = exited->record;
      co_return followed;
    }
    if (const auto* usage = std::get_if<dyno::Usage>(&*event)) {
      followed.forks_refused = usage->process_limit_hits;
      // The last one comes with the end, which speaks for itself.
      if (followed.forks_refused >= limits::forks_refused_max) {
        co_return too_many_processes(followed.forks_refused, setup_.limits);
      }
    }
    auto* chunk = std::get_if<OutputChunk>(&*event);
    if (chunk == nullptr) continue;
    const std::uint64_t end = chunk->offset + chunk->bytes.size();
    output_bytes_ += chunk->bytes.size();
    if (output_bytes_ > limits::output_bytes_max) {
      co_return fail(Errc::too_large, "The build printed more than {} MB and was stopped.",
                     limits::output_bytes_max / (1024 * 1024));
    }
    std::string bytes = std::move(chunk->bytes);
    co_await output.write(std::move(bytes));
    const auto acked = co_await process.ack(end);
    if (!acked) co_return acked.error();
  }
}

Task<Result<int>> StepRunner::run(Step step, OutputSink& output) {
  const auto end = co_await run_to_end(std::move(step), output);
  if (!end) co_return end.error();
  co_return end->code;
}

Task<Result<StepEnd>> StepRunner::run_to_end(Step step, OutputSink& output) {
  auto spec = make_spec(std::move(step));
  if (!spec) co_return std::move(spec).error();
  dyno::Spec named = std::move(*spec);
  auto launched = co_await launcher_.launch(std::move(named));
  if (!launched) co_return std::move(launched).error();
  const ProcessPtr process = std::move(*launched);

  Result<Followed> end = fail(Errc::internal, "the build step did not end");
  std::exception_ptr failure;
  try {
    end = co_await follow(*process, output);
  } catch (...) {
    // Cancellation, mostly. No co_await in a handler: the tree is put down below.
    failure = std::current_exception();
  }
  if (end) {
    (void)co_await process->release();
    took_ += end->record.ran;
    const Result<> judged = judge_end(end->record, setup_.limits);
    if (!judged) co_return judged.error();
    co_return StepEnd{end->record.code, end->forks_refused};
  }
  // The cancellation that brought us here must not stop the cleaning up.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await dynos::put_down(*process);
  co_await asio::this_coro::reset_cancellation_state();
  if (failure) std::rethrow_exception(failure);
  co_return std::move(end).error();
}

}  // namespace davit::build
