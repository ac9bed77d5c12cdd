#pragma once
#include <boost/asio/thread_pool.hpp>

#include "base/task_group.hpp"
#include "server/build/build.hpp"
#include "server/logs/log_service.hpp"
#include "server/paths.hpp"
#include "server/release/build_queue.hpp"
#include "server/release/output_files.hpp"
#include "server/release/releases.hpp"
#include "server/release/turns.hpp"
#include "server/runtimes/runtimes.hpp"
#include "server/store_thread.hpp"
#include "server/supervisor/supervisor.hpp"

namespace davit::release {

// What releases and deploys work with; all outlive them.
struct ReleaseServices {
  asio::any_io_executor executor;
  StoreThread& store;
  asio::thread_pool& workers;
  supervisor::Supervisor& supervisor;
  logs::LogService& logs;
  build::Builder& builder;
  Turns& turns;
  OutputFiles& build_outputs;
  OutputFiles& release_outputs;
  const Clock& clock;
  Random& random;
  const Paths& paths;
  runtimes::Runtimes& runtimes;
  BuildQueue& build_queue;
};

// "app[api]: Release v3 created by user …"
Task<> log_action(ReleaseServices services, AppId app, std::string text);
// E-mail for log lines and descriptions; the id when the user is gone.
Task<std::string> user_name(ReleaseServices services, UserId user);

class ReleasesImpl final : public Releases {
 public:
  explicit ReleasesImpl(ReleaseServices services)
      : services_(services), background_(services.executor) {}
  // Ends what goes on in the background; a release that has not proved itself yet stays pending,
  // and the next davitd fails it. Before destruction.
  Task<> stop();

  Task<Result<store::Release>> change_config(AppId app, UserId user, ConfigChange change) override;
  Task<Result<store::Release>> rollback(AppId app, UserId user, std::uint32_t to_version) override;
  Task<Result<store::Release>> promote_canary(AppId app, UserId user, SeenCanary seen) override;
  Task<Result<store::Release>> abort_canary(AppId app, UserId user, SeenCanary seen) override;
  Task<Result<store::App>> destroy_app(AppId app) override;

 private:
  using Turn = std::unique_ptr<git::DeployTurn>;
  Task<> carry_on(store::Release release, Turn turn);
  Task<> prove(store::Release release, Turn turn);
  Task<> announce(store::Release release);
  enum class CanaryEnd { promoted, aborted };
  Task<Result<store::Release>> end_canary(AppId app, UserId user, SeenCanary seen, CanaryEnd end);
  Task<> remove_files(AppId app, std::vector<store::Slug> slugs, std::vector<store::Build> builds,
                      std::vector<store::Release> releases);
  ReleaseServices services_;
  TaskGroup background_;
};

}  // namespace davit::release
