#include "server/release/proof.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "server/release/limits.hpp"
#include "server/supervisor/health_config.hpp"
#include "server/supervisor/limits.hpp"
#include "server/supervisor/plan.hpp"

namespace davit::release {
namespace {

using supervisor::release_type;
using supervisor::web_type;

ProcessType release_process() { return *ProcessType::parse(release_type); }

}  // namespace

Demands demands_of(const store::Release& release, const store::Slug& slug,
                   const std::vector<store::FormationEntry>& formation) {
  Demands demands;
  demands.command = release.processes.contains(release_type);
  const bool web_runs = std::ranges::any_of(formation, [](const store::FormationEntry& entry) {
    return entry.type.str() == web_type && entry.quantity > 0;
  });
  if (slug.health_checks.empty() || !web_runs || !release.processes.contains(web_type)) {
    return demands;
  }
  const auto checks = supervisor::HealthChecks::parse(slug.health_checks);
  demands.trial = checks && checks->start.has_value();
  return demands;
}

Demands demands_of(store::Stores& stores, const store::Release& release) {
  if (!release.slug) return {};
  const auto slug = stores.slugs.find(*release.slug);
  return slug ? demands_of(release, *slug, stores.formations.list(release.app)) : Demands();
}

Proof::~Proof() {
  if (trying_) services_.supervisor.end_trial(app_.id);
}

Task<Result<>> Proof::run(OutputSink* reader) {
  KeptOutput output(reader, services_.release_outputs.begin(release_.id.str()));
  co_await forget_old_output();
  if (demands_.command) {
    auto done = co_await run_command(output);
    if (!done) co_return done;
  }
  if (demands_.trial) {
    auto done = co_await run_trial(output);
    if (!done) co_return done;
  }
  co_return Result<>();
}

Task<Result<>> Proof::run_command(OutputSink& output) {
  const std::string who = co_await user_name(services_, release_.user);
  co_await log_action(
      services_, app_.id,
      fmt::format("Running release v{} commands by user {}", release_.version, who));
  std::string text =
      " !     Release command declared: this new release will not be available until the command "
      "succeeds.\n-----> Running release command...\n";
  co_await output.write(std::move(text));
  supervisor::OneOffRequest request;
  request.app = app_;
  request.release = release_;
  request.name = services_.supervisor.one_off_name(app_.id, release_process());
  request.command = release_.processes.at(release_type);
  request.time_limit = supervisor::limits::release_timeout;
  const auto ending = co_await services_.supervisor.run_once(std::move(request), output);
  if (ending.completed && ending.code == 0) {
    text = "-----> Release command succeeded\n";
    co_await output.write(std::move(text));
    co_return Result<>();
  }
  const std::string reason = ending.reason.empty() ? "was stopped" : ending.reason;
  co_await log_action(
      services_, app_.id,
      fmt::format("Release v{} command failed by user {}: {}", release_.version, who, reason));
  co_return fail(Errc::invalid_argument, "The release command of v{} failed: {}", release_.version,
                 reason);
}

Task<Result<>> Proof::run_trial(OutputSink& output) {
  std::string text = "-----> Checking the new web dynos before they take over...\n";
  co_await output.write(std::move(text));
  trying_ = true;
  auto release = release_;
  const auto tried = co_await services_.supervisor.try_release(app_.id, std::move(release));
  if (tried) co_return Result<>();
  co_await log_action(
      services_, app_.id,
      fmt::format("Release v{} failed: {}", release_.version, tried.error().message));
  co_return fail(Errc::invalid_argument, "{}", tried.error().message);
}

// The file of a release that is long past. Nothing depends on it.
Task<> Proof::forget_old_output() {
  if (release_.version <= limits::release_outputs_kept) co_return;
  auto find = [app = app_.id, version = release_.version - limits::release_outputs_kept](
                  store::Stores& stores) { return stores.releases.find(app, version); };
  const auto old = co_await services_.store.run(std::move(find));
  if (!old) co_return;
  auto remove = [path = services_.release_outputs.path(old->id.str())] {
    return remove_tree(path);
  };
  (void)co_await run_blocking(services_.workers, std::move(remove));
}

}  // namespace davit::release
