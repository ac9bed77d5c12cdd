#include "server/release/releases_impl.hpp"

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/release/canary_rule.hpp"
#include "server/release/config_change.hpp"
#include "server/release/proof.hpp"
#include "server/supervisor/plan.hpp"
#include "store/database.hpp"

namespace davit::release {

Task<> log_action(ReleaseServices services, AppId app, std::string text) {
  logs::Line line;
  line.app = std::move(app);
  line.at = services.clock.wall();
  line.process = "api";
  line.text = std::move(text);
  std::vector<logs::Line> lines;
  lines.push_back(std::move(line));
  co_await services.logs.append(std::move(lines));
}

Task<std::string> user_name(ReleaseServices services, UserId user) {
  auto find = [user](store::Stores& stores) { return stores.users.find(user); };
  const auto found = co_await services.store.run(std::move(find));
  co_return found ? found->email : user.str();
}

Task<> ReleasesImpl::stop() {
  background_.cancel();
  co_await background_.join();
}

// The release is written: what has nothing to prove runs from now on, the others when they have.
Task<> ReleasesImpl::carry_on(store::Release release, Turn turn) {
  const std::string who = co_await user_name(services_, release.user);
  co_await log_action(services_, release.app,
                      fmt::format("{} by user {}", release.description, who));
  if (release.status == store::Status::pending) {
    background_.spawn("prove release", prove(std::move(release), std::move(turn)));
    co_return;
  }
  co_await announce(std::move(release));
}

Task<> ReleasesImpl::announce(store::Release release) {
  const std::string who = co_await user_name(services_, release.user);
  const char* const kind = release.canary ? " as a canary" : "";
  co_await log_action(services_, release.app,
                      fmt::format("Release v{} created by user {}{}", release.version, who, kind));
  services_.supervisor.changed(release.app);
}

// Holds the app's turn to the end: nothing else may change the app meanwhile.
Task<> ReleasesImpl::prove(store::Release release, [[maybe_unused]] Turn turn) {
  struct Known {
    Result<store::App> app;
    Demands demands;
  };
  auto load = [release](store::Stores& stores) {
    return Known{stores.apps.find(release.app), demands_of(stores, release)};
  };
  const auto known = co_await services_.store.run(std::move(load));
  if (!known.app) co_return;
  Proof proof(services_, *known.app, release, known.demands);
  const auto proven = co_await proof.run(nullptr);
  const std::string failure = proven ? std::string() : proven.error().message;
  auto settle = [id = release.id, failure, now = services_.clock.wall()](store::Stores& stores) {
    return failure.empty() ? stores.releases.set_status(id, store::Status::succeeded, now)
                           : stores.releases.set_failed(id, failure, now);
  };
  const auto settled = co_await services_.store.run(std::move(settle));
  if (!settled) {
    log::error("release not settled",
               {{"release", release.id.str()}, {"error", settled.error().message}});
  } else if (failure.empty()) {
    co_await announce(std::move(release));
  }
}

Task<Result<store::Release>> ReleasesImpl::change_config(AppId app, UserId user,
                                                         ConfigChange change) {
  auto turn = co_await services_.turns.take(app, nullptr);
  if (!turn) co_return std::move(turn).error();
  auto write = [app, user, change = std::move(change), now = services_.clock.wall(),
                id = ReleaseId::make(services_.random)](
                   store::Stores& stores) -> Result<std::pair<store::Release, bool>> {
    store::Transaction transaction(stores.database);
    auto latest = stores.releases.configured(app);
    if (!latest) return std::move(latest).error();
    auto changed = apply_change(latest->config, change);
    if (!changed) return std::move(changed).error();
    if (changed->description.empty()) return std::pair(std::move(*latest), false);
    store::Release release = std::move(*latest);
    // A failed release's slug never ran: its config is all that is carried on.
    const auto run_as = [&release](const store::Release& other) {
      release.slug = other.slug;
      release.processes = other.processes;
      release.runtimes = other.runtimes;
    };
    const auto canary = stores.releases.canary(app);
    const auto current = stores.releases.current(app);
    if (canary) {
      run_as(*canary);
    } else if (current) {
      run_as(*current);
    }
    release.id = id;
    release.user = user;
    release.description = changed->description;
    release.config = std::move(changed->config);
    release.failure.clear();
    release.carries_config = true;
    release.canary = begins_as_canary(stores, release, ChangeOf::config);
    // Code that has not proved itself becomes current only by being promoted.
    if (canary && !release.canary && current) run_as(*current);
    release.status =
        demands_of(stores, release).any() ? store::Status::pending : store::Status::succeeded;
    release.created_at = release.updated_at = now;
    auto appended = stores.releases.append(std::move(release));
    if (!appended) return std::move(appended).error();
    transaction.commit();
    return std::pair(std::move(*appended), true);
  };
  auto written = co_await services_.store.run(std::move(write));
  if (!written) co_return std::move(written).error();
  if (written->second) {
    auto release = written->first;
    co_await carry_on(std::move(release), std::move(*turn));
  }
  co_return std::move(written->first);
}

Task<Result<store::Release>> ReleasesImpl::rollback(AppId app, UserId user,
                                                    std::uint32_t to_version) {
  auto turn = co_await services_.turns.take(app, nullptr);
  if (!turn) co_return std::move(turn).error();
  auto write =
      [app, user, to_version, now = services_.clock.wall(),
       id = ReleaseId::make(services_.random)](store::Stores& stores) -> Result<store::Release> {
    store::Transaction transaction(stores.database);
    auto target = stores.releases.find(app, to_version);
    if (!target) return std::move(target).error();
    if (target->status != store::Status::succeeded) {
      return fail(Errc::conflict, "release v{} did not succeed; roll back to one that did",
                  to_version);
    }
    if (target->canary) {
      return fail(Errc::conflict,
                  "release v{} is a canary; `davit releases:promote` makes it the current one",
                  to_version);
    }
    if (!target->slug) {
      return fail(Errc::conflict,
                  "release v{} has no slug (any more); `davit releases` lists what can be rolled "
                  "back to",
                  to_version);
    }
    store::Release release = std::move(*target);
    release.id = id;
    release.user = user;
    release.description = fmt::format("Rollback to v{}", to_version);
    release.carries_config = false;
    release.canary = false;
    if (demands_of(stores, release).any()) release.status = store::Status::pending;
    release.created_at = release.updated_at = now;
    auto appended = stores.releases.append(std::move(release));
    if (!appended) return std::move(appended).error();
    transaction.commit();
    return appended;
  };
  auto written = co_await services_.store.run(std::move(write));
  if (!written) co_return std::move(written).error();
  auto release = *written;
  co_await carry_on(std::move(release), std::move(*turn));
  co_return std::move(*written);
}

Task<Result<store::App>> ReleasesImpl::destroy_app(AppId app) {
  // A release command may take an hour; nobody needs its result any more. No error when none runs.
  (void)co_await services_.supervisor.stop(app, supervisor::release_type);
  services_.supervisor.end_trial(app);
  auto turn = co_await services_.turns.take(app, nullptr);
  if (!turn) co_return std::move(turn).error();
  co_await services_.supervisor.stop_all(app);
  struct Removed {
    store::App app;
    std::vector<store::Slug> slugs;
    std::vector<store::Build> builds;
    std::vector<store::Release> releases;
  };
  auto remove = [app](store::Stores& stores) -> Result<Removed> {
    store::Transaction transaction(stores.database);
    auto found = stores.apps.find(app);
    if (!found) return std::move(found).error();
    Removed removed{std::move(*found), stores.slugs.list(app), stores.builds.list(app, 100'000),
                    stores.releases.list(app, 100'000)};
    DAVIT_TRY(stores.apps.remove(app));
    transaction.commit();
    return removed;
  };
  auto removed = co_await services_.store.run(std::move(remove));
  if (!removed) co_return std::move(removed).error();
  co_await remove_files(app, std::move(removed->slugs), std::move(removed->builds),
                        std::move(removed->releases));
  co_await services_.logs.remove(app);
  log::info("app destroyed", {{"app", removed->app.name.str()}});
  co_return std::move(removed->app);
}

Task<> ReleasesImpl::remove_files(AppId app, std::vector<store::Slug> slugs,
                                  std::vector<store::Build> builds,
                                  std::vector<store::Release> releases) {
  auto& services = services_;
  auto remove = [&services, app, slugs = std::move(slugs), builds = std::move(builds),
                 releases = std::move(releases)] {
    const auto note = [](Result<> result) {
      if (!result) log::warning("file not removed", {{"error", result.error().message}});
    };
    for (const auto& slug : slugs) note(services.builder.remove_slug(slug.id));
    note(services.builder.remove_cache(app));
    note(remove_tree(services.paths.repository(app)));
    for (const auto& build : builds) {
      note(remove_tree(services.build_outputs.path(build.id.str())));
    }
    for (const auto& release : releases) {
      note(remove_tree(services.release_outputs.path(release.id.str())));
    }
  };
  co_await run_blocking(services_.workers, std::move(remove));
}

}  // namespace davit::release
