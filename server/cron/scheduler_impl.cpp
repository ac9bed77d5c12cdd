#include "server/cron/scheduler_impl.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/encoding.hpp"
#include "base/time_format.hpp"
#include "server/cron/limits.hpp"
#include "server/logs/platform_lines.hpp"

namespace davit::cron {
namespace {

constexpr const char* type_name = "cron";
constexpr std::size_t shown_command_max = 200;
// What was due longer ago than this is worth a word when it starts.
constexpr auto late_from = std::chrono::minutes(1);

std::string clock_text(WallTime time) { return iso8601(time).substr(11, 5) + " UTC"; }

// A place that begin() or look() took, given back unless the job has really started.
class Place {
 public:
  Place(Plan& plan, JobKey key) : plan_(plan), key_(std::move(key)) {}
  ~Place() {
    if (!taken_) plan_.ended(key_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  void take() { taken_ = true; }

 private:
  Plan& plan_;
  JobKey key_;
  bool taken_ = false;
};

std::string told_end(const store::CronRecord& run) {
  const auto ran =
      std::chrono::round<std::chrono::seconds>(*run.ended_at - *run.started_at).count();
  const std::string in = run.dyno.empty() ? "" : " in " + run.dyno;
  if (run.failure.empty()) {
    return fmt::format("Cron job {} ended{} after {}s with exit status {}", run.job, in, ran,
                       run.exit_code);
  }
  return fmt::format("Cron job {} failed{} after {}s: {}", run.job, in, ran, run.failure);
}

}  // namespace

SchedulerImpl::SchedulerImpl(Services services)
    : services_(services),
      plan_({limits::at_once, limits::at_once_per_app, limits::at_once_per_owner,
             limits::waiting_max, limits::waiting_max_per_owner}),
      tasks_(services.executor) {}

Task<> SchedulerImpl::recall() {
  auto load = [](store::Stores& stores) { return stores.crons.list(); };
  const auto records = co_await services_.store.run(std::move(load));
  for (const auto& record : records) {
    const JobKey key{record.app, record.job};
    looked_at_[key] = record.looked_at;
    if (!record.started_at || record.ended_at || !record.dyno_id) continue;
    plan_.found_running(key);
    dynos_[*record.dyno_id] = key;
  }
}

// Of those that were recalled, the supervisor has not adopted some.
Task<> SchedulerImpl::forget_lost() {
  auto load = [](store::Stores& stores) { return stores.dynos.list(); };
  const auto rows = co_await services_.store.run(std::move(load));
  std::vector<DynoId> lost;
  for (const auto& [dyno, key] : dynos_) {
    if (std::ranges::find(rows, dyno, &store::DynoRecord::id) == rows.end()) lost.push_back(dyno);
  }
  supervisor::Ending ending;
  ending.crashed = true;
  ending.reason = "its dyno was lost, perhaps in a restart of the machine";
  for (const auto& dyno : lost) ended(dyno, ending);
}

Task<> SchedulerImpl::run() {
  co_await forget_lost();
  asio::steady_timer timer(services_.executor);
  for (;;) {
    co_await look();
    const WallTime now = services_.clock.wall();
    const auto minute = std::chrono::floor<std::chrono::minutes>(now);
    timer.expires_after(minute + std::chrono::minutes(1) - now);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

Task<> SchedulerImpl::look() {
  auto load = [](store::Stores& stores) {
    std::vector<Source> list;
    for (auto& source : stores.crons.sources()) {
      const auto app = stores.apps.find(source.app);
      if (app) list.push_back({std::move(source), app->owner});
    }
    return list;
  };
  const auto sources = co_await services_.store.run(std::move(load));
  auto steps = plan_.look(wanted(sources), services_.clock.wall());
  looked_at_.clear();
  co_await perform(std::move(steps));
}

std::vector<Wanted> SchedulerImpl::wanted(const std::vector<Source>& sources) {
  std::map<AppId, Known> known;
  std::vector<Wanted> list;
  for (const auto& [source, owner] : sources) {
    Known of_app;
    const auto before = known_.find(source.app);
    if (before != known_.end() && before->second.text == source.jobs) {
      of_app = std::move(before->second);
    } else {
      of_app.text = source.jobs;
      for (const auto& job : app_json::cron_jobs(source.jobs)) {
        auto schedule = app_json::Schedule::parse(job.schedule);
        if (schedule && !job.maintenance) of_app.jobs.push_back({job.id(), *schedule});
      }
    }
    for (const Job& job : of_app.jobs) {
      const JobKey key{source.app, job.id};
      const auto looked = looked_at_.find(key);
      const WallTime since =
          looked == looked_at_.end() ? source.since : std::max(source.since, looked->second);
      list.push_back({key, job.schedule, since, owner});
    }
    known.emplace(source.app, std::move(of_app));
  }
  known_ = std::move(known);
  return list;
}

Task<> SchedulerImpl::perform(std::vector<Step> steps) {
  for (Step& step : steps) {
    if (step.what == Step::What::start) {
      Order order{step.key, step.due, {}};
      if (stopping_) {
        plan_.ended(step.key);
      } else {
        tasks_.spawn("cron job", start_due(std::move(order)));
      }
      continue;
    }
    if (step.what == Step::What::missed) step.why = "nobody was there to start it";
    auto write = [step](store::Stores& stores) {
      return stores.crons.skip(step.key.app, step.key.job, step.due, step.why);
    };
    const auto written = co_await services_.store.run(std::move(write));
    if (!written) continue;  // the app was destroyed meanwhile
    co_await say(step.key.app, fmt::format("Cron job {} skipped at {}: {}", step.key.job,
                                           clock_text(step.due), step.why));
  }
}

// Once begun it is finished, also where davitd is asked to end: half a start is a run that is lost.
Task<> SchedulerImpl::start_due(Order order) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  Step step{Step::What::skip, order.key, order.due, {}};
  const auto started = co_await start(std::move(order));
  if (started) co_return;
  step.why = started.error().message;
  auto steps = plan_.starts();
  steps.insert(steps.begin(), std::move(step));
  co_await perform(std::move(steps));
}

Task<Result<store::CronRecord>> SchedulerImpl::start_now(store::App app, std::string job,
                                                         std::string by) {
  Order order{{app.id, std::move(job)}, services_.clock.wall(), std::move(by)};
  if (stopping_) co_return fail(Errc::unavailable, "davitd is about to end; try again");
  DAVIT_CO_TRY(plan_.begin(order.key));
  co_return co_await start(std::move(order));
}

// Everything that the run needs, of the app's current release.
Task<Result<supervisor::RunRequest>> SchedulerImpl::request_of(JobKey key) {
  auto load = [key](store::Stores& stores) -> Result<supervisor::RunRequest> {
    supervisor::RunRequest request;
    auto app = stores.apps.find(key.app);
    if (!app) return std::move(app).error();
    auto release = stores.releases.current(key.app);
    if (!release) return std::move(release).error();
    const auto slug = release->slug ? stores.slugs.find(*release->slug)
                                    : Result<store::Slug>(fail(Errc::not_found, "no slug"));
    const auto jobs = slug ? app_json::cron_jobs(slug->cron) : std::vector<app_json::CronJob>();
    const auto job = std::ranges::find(jobs, key.job, &app_json::CronJob::id);
    if (job == jobs.end()) {
      return fail(Errc::not_found, "Couldn't find the cron job '{}'. `davit cron` lists them.",
                  printable(key.job, 40));
    }
    std::vector<std::string> ids;
    for (const auto& each : jobs) ids.push_back(each.id());
    stores.crons.keep_only(key.app, ids);
    request.command = supervisor::expand_process_type(job->command, release->processes);
    request.app = std::move(*app);
    request.release = std::move(*release);
    return request;
  };
  co_return co_await services_.store.run(std::move(load));
}

Task<Result<store::CronRecord>> SchedulerImpl::start(Order order) {
  Place place(plan_, order.key);
  auto request = co_await request_of(order.key);
  if (!request) co_return std::move(request).error();
  request->type = *ProcessType::parse(type_name);
  request->time_limit = limits::run_time_max;
  request->id = DynoId::make(services_.random);
  store::CronRecord run;
  run.app = order.key.app;
  run.job = order.key.job;
  run.looked_at = order.due;
  run.started_at = services_.clock.wall();
  run.dyno_id = request->id;
  run.release_version = request->release.version;
  // Written first: a davitd that dies right after the launch must know whose dyno that is.
  auto begin = [run](store::Stores& stores) { return stores.crons.begin(run); };
  const auto begun = co_await services_.store.run(std::move(begin));
  if (!begun) co_return begun.error();
  std::string text = fmt::format("Cron job {} starts `{}`", run.job,
                                 printable(request->command, shown_command_max));
  dynos_[*run.dyno_id] = order.key;
  const auto dyno = co_await services_.supervisor.run(std::move(*request));
  if (!dyno) {
    dynos_.erase(*run.dyno_id);
    auto end = [run, why = dyno.error().message](store::Stores& stores) {
      return stores.crons.end(*run.dyno_id, *run.started_at, 0, why);
    };
    (void)co_await services_.store.run(std::move(end));
    co_return dyno.error();
  }
  place.take();
  run.dyno = dyno->name.str();
  auto name = [id = *run.dyno_id, dyno_name = dyno->name](store::Stores& stores) {
    stores.crons.set_dyno(id, dyno_name);
  };
  co_await services_.store.run(std::move(name));
  text += fmt::format(" as {} with v{}", run.dyno, run.release_version);
  if (!order.by.empty()) text += " by user " + order.by;
  if (*run.started_at - order.due > late_from) text += ", due at " + clock_text(order.due);
  co_await say(run.app, std::move(text));
  co_return run;
}

void SchedulerImpl::ended(const DynoId& dyno, const supervisor::Ending& ending) {
  const auto found = dynos_.find(dyno);
  if (found == dynos_.end()) return;
  plan_.ended(found->second);
  dynos_.erase(found);
  tasks_.spawn("end of a cron job", record_end(dyno, ending));
}

Task<> SchedulerImpl::record_end(DynoId dyno, supervisor::Ending ending) {
  std::string failure;
  if (!ending.completed || ending.code != 0) {
    failure = ending.reason.empty() ? "it was stopped" : ending.reason;
  }
  auto write = [dyno, now = services_.clock.wall(), code = ending.code, failure](
                   store::Stores& stores) { return stores.crons.end(dyno, now, code, failure); };
  const auto run = co_await services_.store.run(std::move(write));
  if (run) co_await say(run->app, told_end(*run));  // none: its app is gone
  co_await perform(plan_.starts());
}

Task<> SchedulerImpl::stop() {
  stopping_ = true;
  co_await tasks_.join();
}

Task<> SchedulerImpl::say(AppId app, std::string text) {
  std::vector<std::string> texts;
  texts.push_back(std::move(text));
  auto lines = logs::platform_lines(app, type_name, services_.clock.wall(), std::move(texts));
  co_await services_.logs.append(std::move(lines));
}

}  // namespace davit::cron
