// What an app's app.json says about its release.
#include "server/release/deployment.hpp"
#include "server/supervisor/health_config.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::release {

// What the app's own app.json says about how it runs.
Task<Result<store::Slug>> Deployment::describe(build::Slug slug) {
  store::Slug described{slug.id,    row_.app,       row_.commit,           slug.buildpack,
                        slug.bytes, slug.processes, services_.clock.wall()};
  app_json_ = std::move(slug.app_json);
  config_added_ = std::move(slug.config_added);
  if (!app_json_.healthchecks.empty()) {
    const auto checks = supervisor::HealthChecks::parse(app_json_.healthchecks);
    if (!checks) co_return checks.error();
    described.health_checks = app_json_.healthchecks;
  }
  for (const auto& [type, wish] : app_json_.formation) {
    store::FormationEntry entry;
    entry.quantity = wish.quantity.value_or(type == "web" ? 1 : 0);
    if (!wish.size.empty()) {
      auto size = config_.size_named(wish.size);
      if (!size) {
        co_return fail(size.error().code, "app.json: formation.{}.size: {}", type,
                       size.error().message);
      }
      entry.size = std::move(*size);
    }
    formation_[type] = std::move(entry);
  }
  described.cron = app_json::cron_text(app_json_.cron);
  if (!described.cron.empty()) {
    const std::size_t count = app_json_.cron.size();
    const std::string jobs = fmt::format("{} cron job{}", count, count == 1 ? "" : "s");
    co_await say("       app.json: " + jobs + "; `davit cron` tells when they run\n");
  }
  if (!config_added_.empty()) {
    std::string names;
    for (const auto& [name, value] : config_added_) names += (names.empty() ? "" : ", ") + name;
    co_await say(fmt::format("       app.json sets the config vars {}\n", names));
  }
  co_return std::move(described);
}

// app.json's scripts.postdeploy, once in an app's life. The release stands whatever it does.
Task<> Deployment::run_postdeploy() {
  const Written& written = *written_;
  if (!first_ || app_json_.postdeploy.empty()) co_return;
  co_await say("-----> Running the postdeploy script of app.json...\n");
  supervisor::OneOffRequest request;
  request.app = written.app;
  request.release = written.release;
  request.name =
      services_.supervisor.one_off_name(written.app.id, *ProcessType::parse("postdeploy"));
  request.command = app_json_.postdeploy;
  request.time_limit = supervisor::limits::release_timeout;
  const auto ending = co_await services_.supervisor.run_once(std::move(request), *output_);
  if (ending.completed && ending.code == 0) {
    co_await say("-----> The postdeploy script succeeded\n");
    co_return;
  }
  const std::string why = ending.reason.empty() ? "it was stopped" : ending.reason;
  std::string told = fmt::format(
      " !     The postdeploy script failed: {}. The app is deployed; later deploys do not run it.\n"
      " !     To run it yourself: davit run -a {} -- COMMAND\n",
      why, written.app.name.str());
  co_await say(std::move(told));
}

}  // namespace davit::release
