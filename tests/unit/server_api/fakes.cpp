#include "tests/unit/server_api/fakes.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/release/config_change.hpp"

namespace davit::test {
namespace {

bool wanted(const logs::Stored& line, const logs::Filter& filter) {
  if (filter.source && *filter.source != line.source) return false;
  return filter.dyno.empty() || line.process == filter.dyno ||
         line.process.starts_with(filter.dyno + ".");
}

class FakeTail final : public logs::Tail {
 public:
  FakeTail(asio::any_io_executor executor, FakeLogs::AppLog& log, logs::Filter filter,
           std::uint64_t after)
      : timer_(std::move(executor)), log_(log), filter_(std::move(filter)), after_(after) {
    log_.waiting.insert(&timer_);
  }
  ~FakeTail() override { log_.waiting.erase(&timer_); }

  Task<std::vector<logs::Stored>> next() override {
    std::vector<logs::Stored> found;
    while (found.empty() && !log_.removed) {
      for (const auto& line : log_.lines) {
        if (line.sequence > after_ && wanted(line, filter_)) found.push_back(line);
      }
      if (!log_.lines.empty()) after_ = std::max(after_, log_.lines.back().sequence);
      if (!found.empty()) break;
      timer_.expires_at(asio::steady_timer::time_point::max());
      boost::system::error_code ec;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
    co_return found;
  }

 private:
  asio::steady_timer timer_;
  FakeLogs::AppLog& log_;
  logs::Filter filter_;
  std::uint64_t after_;
};

class FakeOutput final : public api::Output {
 public:
  explicit FakeOutput(std::vector<std::string> parts) : parts_(std::move(parts)) {}
  Task<Result<std::string>> next() override {
    if (at_ == parts_.size()) co_return std::string();
    co_return parts_[at_++];
  }

 private:
  std::vector<std::string> parts_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<supervisor::DynoView> FakeSupervisor::dynos(const AppId& app) const {
  const auto found = running.find(app);
  return found == running.end() ? std::vector<supervisor::DynoView>() : found->second;
}

Task<Result<>> FakeSupervisor::restart(AppId, std::string target) {
  actions.push_back("restart " + target);
  const Result<> done;
  co_return done;
}

Task<Result<>> FakeSupervisor::stop(AppId, std::string target) {
  actions.push_back("stop " + target);
  const Result<> done;
  co_return done;
}

Task<Result<>> FakeSupervisor::try_release(AppId, store::Release) {
  const Result<> done;
  co_return done;
}

Task<supervisor::Ending> FakeSupervisor::run_once(supervisor::OneOffRequest, OutputSink&) {
  const supervisor::Ending ending;
  co_return ending;
}

Task<Result<supervisor::DynoView>> FakeSupervisor::run(supervisor::RunRequest request) {
  supervisor::DynoView view;
  view.id = DynoId::parse("00000000-0000-4000-8000-00000000aaaa").value();
  view.name = {request.type, 1234};
  view.command = request.command;
  view.size = "standard";
  runs.push_back(std::move(request));
  co_return view;
}

Task<Result<>> FakeSupervisor::attach(DynoId id, supervisor::RunClient&) {
  actions.push_back("attach " + id.str());
  const Result<> done;
  co_return done;
}

Task<> FakeSupervisor::exec(DynoId id, supervisor::ExecRequest request, supervisor::RunClient&) {
  actions.push_back("exec " + request.command + " in " + id.str());
  co_return;
}

Task<> FakeSupervisor::stop_all(AppId app) {
  running.erase(app);
  co_return;
}

Task<supervisor::BootView> FakeSupervisor::wait_for_boot(AppId, ReleaseId) {
  const supervisor::BootView pending;
  co_return pending;
}

Task<Result<store::Release>> FakeReleases::change_config(AppId app, UserId user,
                                                         release::ConfigChange change) {
  auto job = [app, user, change = std::move(change), now = clock_.wall(),
              id = ReleaseId::make(random_)](store::Stores& stores) -> Result<store::Release> {
    auto release = stores.releases.configured(app);
    if (!release) return release;
    auto changed = release::apply_change(release->config, change);
    if (!changed) return std::move(changed).error();
    release->config = std::move(changed->config);
    release->id = id;
    release->user = user;
    release->description = "Set config vars";
    release->created_at = release->updated_at = now;
    release->status = store::Status::succeeded;
    return stores.releases.append(*release);
  };
  co_return co_await store_.run(std::move(job));
}

Task<Result<store::Release>> FakeReleases::rollback(AppId app, UserId user, std::uint32_t version) {
  auto job = [app, user, version, now = clock_.wall(),
              id = ReleaseId::make(random_)](store::Stores& stores) -> Result<store::Release> {
    auto release = stores.releases.find(app, version);
    if (!release) return release;
    if (!release->slug) return fail(Errc::conflict, "release v{} has no slug", version);
    release->id = id;
    release->user = user;
    release->description = fmt::format("Rollback to v{}", version);
    release->created_at = release->updated_at = now;
    return stores.releases.append(*release);
  };
  co_return co_await store_.run(std::move(job));
}

Task<Result<store::Release>> FakeReleases::promote_canary(AppId app, UserId,
                                                          release::SeenCanary seen) {
  auto job = [app, seen, now = clock_.wall()](store::Stores& stores) -> Result<store::Release> {
    const auto canary = stores.releases.canary_seen(app, seen);
    if (!canary) return canary;
    DAVIT_TRY(stores.releases.promote(canary->id, now));
    return stores.releases.find(canary->id);
  };
  co_return co_await store_.run(std::move(job));
}

Task<Result<store::Release>> FakeReleases::abort_canary(AppId app, UserId,
                                                        release::SeenCanary seen) {
  auto job = [app, seen, now = clock_.wall()](store::Stores& stores) -> Result<store::Release> {
    const auto canary = stores.releases.canary_seen(app, seen);
    if (!canary) return canary;
    DAVIT_TRY(stores.releases.withdraw(canary->id, "taken back", now));
    return stores.releases.find(canary->id);
  };
  co_return co_await store_.run(std::move(job));
}

Task<Result<store::App>> FakeReleases::destroy_app(AppId app) {
  auto job = [app](store::Stores& stores) -> Result<store::App> {
    auto found = stores.apps.find(app);
    if (!found) return found;
    DAVIT_TRY(stores.apps.remove(app));
    return found;
  };
  co_return co_await store_.run(std::move(job));
}

Task<> FakeLogs::append(std::vector<logs::Line> lines) {
  for (const auto& line : lines) say(line.app, line.process, line.text);
  co_return;
}

void FakeLogs::say(const AppId& app, const std::string& process, const std::string& text) {
  AppLog& log = apps[app];
  const bool platform = process == "router";
  log.lines.push_back({log.lines.size() + 1,
                       fmt::format("2026-01-01T00:00:00.000000+00:00 {}[{}]: {}",
                                   platform ? "heroku" : "app", process, text),
                       platform ? logs::Source::heroku : logs::Source::app, process});
  for (auto* timer : log.waiting) timer->cancel();
}

std::string FakeLogs::all(const AppId& app) const {
  std::string text;
  for (const auto& line : apps[app].lines) text += line.text + "\n";
  return text;
}

std::vector<logs::Stored> FakeLogs::recent(const AppId& app, std::size_t lines_max,
                                           const logs::Filter& filter) const {
  std::vector<logs::Stored> found;
  for (const auto& line : apps[app].lines) {
    if (wanted(line, filter)) found.push_back(line);
  }
  if (found.size() > lines_max)
    found.erase(found.begin(), found.end() - static_cast<long>(lines_max));
  return found;
}

std::unique_ptr<logs::Tail> FakeLogs::tail(const AppId& app, logs::Filter filter,
                                           std::uint64_t after) {
  return std::make_unique<FakeTail>(executor_, apps[app], std::move(filter), after);
}

Task<> FakeLogs::remove(const AppId& app) {
  apps[app].removed = true;
  for (auto* timer : apps[app].waiting) timer->cancel();
  co_return;
}

Task<Result<>> FakeLifecycle::created(store::App app) {
  if (broken) co_return fail(Errc::io, "no space for a repository");
  names.push_back(app.name.str());
  const Result<> done;
  co_return done;
}

Task<Result<store::CronRecord>> FakeCron::start_now(store::App app, std::string job,
                                                    std::string by) {
  started.push_back(job + " by " + by);
  store::CronRecord run;
  run.app = app.id;
  run.job = job;
  if (job.size() != 8) co_return fail(Errc::not_found, "Couldn't find the cron job '{}'.", job);
  run.looked_at = WallTime(std::chrono::seconds(1'767'225'600));
  run.started_at = run.looked_at;
  run.dyno_id = DynoId::parse("01234567-89ab-4def-8123-456789abcdef").value();
  auto write = [run](store::Stores& stores) { return stores.crons.begin(run); };
  const auto written = co_await store_.run(std::move(write));
  if (!written) co_return written.error();
  co_return run;
}

Task<api::Diagnosis> FakeDoctor::examine() {
  api::Diagnosis diagnosis{"B", {"level A needs root"}, {}};
  diagnosis.checks.push_back({"disk", true, "9 GB free", "never shown"});
  diagnosis.checks.push_back({"router", false, "is away", "start it"});
  co_return diagnosis;
}

Task<Result<store::Build>> FakeSourceBuilds::start(release::SourceBuild build) {
  store::Build row;
  row.id = BuildId::make(random_);
  row.app = build.app;
  row.user = build.user;
  row.commit = CommitId::parse(std::string(40, 'a')).value();
  row.source = build.about;
  started.push_back(std::move(build));
  auto add = [row](store::Stores& stores) { return stores.builds.add(row); };
  const auto added = co_await store_.run(std::move(add));
  if (!added) co_return added.error();
  co_return row;
}

Task<Result<metrics::Series>> FakeMetrics::read(AppId app, metrics::Range range) {
  asked.push_back(app);
  metrics::Series series{range, {}};
  series.samples.resize(static_cast<std::size_t>((range.to - range.from) / range.step));
  series.samples.front() = sample;
  Result<metrics::Series> result = std::move(series);
  co_return result;
}

Result<std::unique_ptr<api::Output>> FakeOutputs::open(const std::string& id, From from) {
  asked = from;
  const auto found = parts.find(id);
  if (found == parts.end()) return fail(Errc::not_found, "the build has not written anything yet");
  return std::unique_ptr<api::Output>(std::make_unique<FakeOutput>(found->second));
}

std::optional<release::BuildProgress> FakeBuilds::progress(const BuildId& build) const {
  const auto found = going_on.find(build);
  if (found == going_on.end()) return std::nullopt;
  return found->second;
}

Result<> FakeBuilds::cancel(const BuildId& build, std::string who) {
  if (!going_on.contains(build)) return fail(Errc::conflict, "it does not run");
  cancelled_by.push_back(std::move(who));
  return {};
}

Task<Result<>> FakeBuilds::purge_cache(AppId app) {
  purged.push_back(std::move(app));
  co_return Result<>();
}

}  // namespace davit::test
