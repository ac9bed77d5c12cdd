#pragma once
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/api/services.hpp"

// The rooms beside the API, at the seam.
namespace davit::test {

class FakeSupervisor final : public supervisor::Supervisor {
 public:
  void changed(const AppId& app) override { changes.push_back(app); }
  std::vector<supervisor::DynoView> dynos(const AppId& app) const override;
  Task<Result<>> restart(AppId app, std::string target) override;
  Task<Result<>> stop(AppId app, std::string target) override;
  Task<> stop_all(AppId app) override;
  Task<supervisor::BootView> wait_for_boot(AppId, ReleaseId) override;
  Task<Result<>> try_release(AppId, store::Release) override;
  void end_trial(const AppId&) override {}
  DynoName one_off_name(const AppId&, const ProcessType& type) override { return {type, 1000}; }
  Task<supervisor::Ending> run_once(supervisor::OneOffRequest, OutputSink&) override;
  Task<Result<supervisor::DynoView>> run(supervisor::RunRequest request) override;
  Task<Result<>> attach(DynoId, supervisor::RunClient&) override;
  Task<> exec(DynoId, supervisor::ExecRequest, supervisor::RunClient&) override;

  std::map<AppId, std::vector<supervisor::DynoView>> running;
  std::vector<AppId> changes;
  std::vector<std::string> actions;  // "restart web.1"
  std::vector<supervisor::RunRequest> runs;
};

// Writes real releases into the real store.
class FakeReleases final : public release::Releases {
 public:
  FakeReleases(StoreThread& store, const Clock& clock, Random& random)
      : store_(store), clock_(clock), random_(random) {}
  Task<Result<store::Release>> change_config(AppId app, UserId user,
                                             release::ConfigChange change) override;
  Task<Result<store::Release>> rollback(AppId app, UserId user, std::uint32_t version) override;
  Task<Result<store::Release>> promote_canary(AppId app, UserId user,
                                              release::SeenCanary seen) override;
  Task<Result<store::Release>> abort_canary(AppId app, UserId user,
                                            release::SeenCanary seen) override;
  Task<Result<store::App>> destroy_app(AppId app) override;

 private:
  StoreThread& store_;
  const Clock& clock_;
  Random& random_;
};

class FakeLogs final : public logs::LogService {
 public:
  explicit FakeLogs(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Task<> append(std::vector<logs::Line> lines) override;
  std::uint64_t stored_position(const AppId&, const std::string&) const override { return 0; }
  std::vector<logs::Stored> recent(const AppId& app, std::size_t lines_max,
                                   const logs::Filter& filter) const override;
  std::unique_ptr<logs::Tail> tail(const AppId& app, logs::Filter filter,
                                   std::uint64_t after) override;
  Task<> remove(const AppId& app) override;

  void say(const AppId& app, const std::string& process, const std::string& text);
  std::string all(const AppId& app) const;

  struct AppLog {
    std::vector<logs::Stored> lines;
    std::set<asio::steady_timer*> waiting;
    bool removed = false;
  };
  mutable std::map<AppId, AppLog> apps;

 private:
  asio::any_io_executor executor_;
};

class FakeLifecycle final : public api::AppLifecycle {
 public:
  Task<Result<>> created(store::App app) override;
  std::vector<std::string> names;
  bool broken = false;
};

class FakeOutputs final : public api::Outputs {
 public:
  Result<std::unique_ptr<api::Output>> open(const std::string& id, From from) override;
  std::map<std::string, std::vector<std::string>> parts;
  From asked;
};

class FakeBuilds final : public release::Builds {
 public:
  std::optional<release::BuildProgress> progress(const BuildId& build) const override;
  Result<> cancel(const BuildId& build, std::string who) override;
  Task<Result<>> purge_cache(AppId app) override;

  std::map<BuildId, release::BuildProgress> going_on;
  std::vector<std::string> cancelled_by;
  std::vector<AppId> purged;
};

class FakeCron final : public cron::Scheduler {
 public:
  explicit FakeCron(StoreThread& store) : store_(store) {}
  Task<Result<store::CronRecord>> start_now(store::App app, std::string job,
                                            std::string by) override;
  std::vector<std::string> started;  // "1a2b3c4d by owner@example.org"

 private:
  StoreThread& store_;
};

class FakeDoctor final : public api::Doctor {
 public:
  Task<api::Diagnosis> examine() override;
};

class FakeSourceBuilds final : public release::SourceBuilding {
 public:
  FakeSourceBuilds(StoreThread& store, Random& random) : store_(store), random_(random) {}
  Task<Result<store::Build>> start(release::SourceBuild build) override;
  std::vector<release::SourceBuild> started;

 private:
  StoreThread& store_;
  Random& random_;
};

class FakeMetrics final : public metrics::Metrics {
 public:
  void used(const AppId&, const DynoName&, const DynoId&, const dyno::Usage&) override {}
  void requested(const AppId&, const RequestFact&) override {}
  void served(const AppId&, const TrafficFact&) override {}
  void in_flight(const AppId&, std::uint64_t) override {}
  Task<> run() override { co_return; }
  Task<Result<metrics::Series>> read(AppId app, metrics::Range range) override;
  metrics::Sample recent(const AppId&, std::size_t) const override { return {}; }

  metrics::Sample sample;  // the first of every series
  std::vector<AppId> asked;
};

}  // namespace davit::test
