#include "server/release/deployment.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <set>

#include "base/duration.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/race.hpp"
#include "server/release/canary_rule.hpp"
#include "server/release/config_change.hpp"
#include "store/database.hpp"

namespace davit::release {
namespace {

// What people know it by: of a deploy without git, the version that its sender gave it.
std::string short_version(const git::DeployRequest& request) {
  const auto given = request.about.find("version");
  const bool named = given != request.about.end() && !given->second.empty();
  return printable(named ? given->second : request.commit.str(), 64).substr(0, 8);
}

// The first deploy runs one web dyno, and what app.json says; other types wait to be scaled.
Result<std::vector<store::FormationEntry>> first_formation(store::Stores& stores, const AppId& app,
                                                           const store::ProcessTypes& processes,
                                                           const FirstFormation& wished) {
  auto formation = stores.formations.list(app);
  if (!formation.empty()) return formation;
  for (const auto& [type, command] : processes) {
    const auto wish = wished.find(type);
    if (wish == wished.end() && type != "web") continue;
    auto entry = wish == wished.end() ? store::FormationEntry() : wish->second;
    if (wish == wished.end()) entry.quantity = 1;
    const auto name = ProcessType::parse(type);
    if (!name) continue;
    entry.app = app;
    entry.type = *name;
    DAVIT_TRY(stores.formations.set(entry));
    formation.push_back(std::move(entry));
  }
  return formation;
}

std::vector<store::ReleaseRuntime> records_of(const std::vector<runtimes::Runtime>& runtimes) {
  std::vector<store::ReleaseRuntime> records;
  for (const auto& one : runtimes) {
    const char* origin = one.origin == runtimes::Origin::store ? "store" : "distribution";
    records.push_back({one.language, one.version, origin, one.executable, one.identity});
  }
  return records;
}

std::string why_it_broke(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return "cancelled by the pusher";
    return error.what();
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

Deployment::Deployment(ReleaseServices services, const DeployConfig& config,
                       git::DeployRequest request, std::function<Result<>()> move_ref)
    : services_(services),
      config_(config),
      request_(std::move(request)),
      move_ref_(std::move(move_ref)) {}

Task<> Deployment::say(std::string text) { return output_->write(std::move(text)); }

Task<Result<git::Deployed>> Deployment::run(OutputSink& progress) {
  progress_ = &progress;
  row_.id = BuildId::make(services_.random);
  co_return co_await carry_out();
}

Task<Result<git::Deployed>> Deployment::carry_out() {
  auto place = services_.build_queue.join(row_.id);
  if (!place) {
    if (output_) {
      co_await refuse(place.error());
    } else {
      auto text = fmt::format(" !     {}\n !     Push rejected\n", place.error().message);
      co_await progress_->write(std::move(text));
    }
    co_return std::move(place).error();
  }
  place_ = std::move(*place);
  std::vector<Task<>> tasks;
  tasks.push_back(attempt());
  tasks.push_back(place_->cancelled());
  const auto ended = co_await race(std::move(tasks));
  // However it ended, no row must stay pending.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const std::exception_ptr failure = ended.failures.front();
  if (!written_) {
    co_await tell_failure(failure);
    if (failure && place_->cancelled_by().empty()) std::rethrow_exception(failure);
    co_return std::move(written_).error();
  }
  place_.reset();  // nothing to cancel any more
  co_await tell_success(*written_);
  services_.supervisor.changed(request_.app);
  proof_.reset();
  co_await show_boot(*written_);
  co_await run_postdeploy(*written_);
  co_await collect_slugs();
  co_return git::Deployed{written_->release.version, config_.web_url(written_->app.name)};
}

void Deployment::use_archive(std::string path, CommitId commit) {
  request_.archive = std::move(path);
  row_.commit = request_.commit = std::move(commit);
}

Task<> Deployment::refuse(Error error) {
  if (row_.status != store::Status::pending) co_return;  // it has an end already
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await say(fmt::format("\n !     {}\n\n !     Build failed\n", error.message));
  co_await give_up(std::move(error.message));
}

Task<> Deployment::attempt() {
  if (!output_) {
    auto begun = co_await begin(progress_);
    if (!begun) {
      written_ = std::move(begun).error();
      co_return;
    }
  }
  who_ = co_await user_name(services_, request_.user);
  co_await log_action(services_, request_.app, fmt::format("Build started by user {}", who_));
  co_await wait_for_place();
  auto slug = co_await build();
  if (!slug) {
    written_ = std::move(slug).error();
    co_return;
  }
  built_ = true;
  place_->built();
  written_ = co_await make_release(std::move(*slug));
}

// What went wrong in the build was told by the build.
Task<> Deployment::tell_failure(std::exception_ptr failure) {
  const std::string& canceller = place_->cancelled_by();
  if (!output_) co_return;
  if (!canceller.empty()) {
    written_ = fail(Errc::cancelled, "Build cancelled by {}.", canceller);
    built_ = true;
  } else if (failure) {
    written_ = fail(Errc::cancelled, "{}", why_it_broke(failure));
    built_ = false;
  }
  if (built_)
    co_await say(fmt::format(" !     {}\n !     Push rejected\n", written_.error().message));
  co_await give_up(written_.error().message);
}

Task<Result<>> Deployment::begin(OutputSink* progress) {
  if (row_.id.empty()) row_.id = BuildId::make(services_.random);
  row_.app = request_.app;
  row_.user = request_.user;
  row_.commit = request_.commit;
  row_.ref = request_.ref;
  row_.source = request_.about;
  row_.created_at = row_.updated_at = services_.clock.wall();
  auto add = [row = row_](store::Stores& stores) { return stores.builds.add(row); };
  auto added = co_await services_.store.run(std::move(add));
  if (added) {
    output_ = std::make_unique<KeptOutput>(progress, services_.build_outputs.begin(row_.id.str()));
  }
  co_return added;
}

Task<> Deployment::wait_for_place() {
  co_await place_->wait(*output_);
  row_.started_at = row_.updated_at = services_.clock.wall();
  auto set = [row = row_](store::Stores& stores) { return stores.builds.update(row); };
  const auto updated = co_await services_.store.run(std::move(set));
  if (!updated) log::error("build not marked as begun", {{"error", updated.error().message}});
}

Task<Result<build::Slug>> Deployment::build() {
  struct Inputs {
    store::App app;
    store::ConfigVars config;
    std::vector<store::ReleaseRuntime> last;
    std::optional<SlugId> last_slug;
    std::vector<std::string> buildpacks;
    bool first = true;
  };
  auto load = [app_id = request_.app](store::Stores& stores) -> Result<Inputs> {
    auto app = stores.apps.find(app_id);
    if (!app) return std::move(app).error();
    auto configured = stores.releases.configured(app_id);
    if (!configured) return std::move(configured).error();
    auto current = stores.releases.current(app_id);
    Inputs found{std::move(*app), std::move(configured->config), {}, {}, {}};
    found.buildpacks = stores.buildpacks.list(app_id);
    if (current) {
      found.first = !current->slug;
      found.last = std::move(current->runtimes);
      found.last_slug = current->slug;
    }
    return found;
  };
  auto inputs = co_await services_.store.run(std::move(load));
  if (!inputs) co_return std::move(inputs).error();

  build::BuildRequest build;
  build.id = row_.id;
  build.app = request_.app;
  build.name = inputs->app.name;
  build.commit = request_.commit;
  build.repository = request_.repository;
  build.quarantine = request_.quarantine;
  build.config = std::move(inputs->config);
  build.archive = request_.archive;
  if (request_.about.contains("version")) build.version = request_.about.at("version");
  build.buildpacks = request_.buildpacks;
  build.app_buildpacks = std::move(inputs->buildpacks);
  first_ = inputs->first;
  build.deploy = first_ ? app_json::Deploy::first : app_json::Deploy::later;
  build.last_slug = inputs->last_slug;
  build.report = &row_.report;
  if (config_.as_root) build.uid = inputs->app.uid;
  for (const auto& runtime : inputs->last) {
    const auto version = runtimes::Version::parse(runtime.version);
    if (version) build.last_runtimes[runtime.language] = *version;
  }
  auto slug = co_await services_.builder.build(std::move(build), *output_);
  if (slug) loose_slug_ = slug->id;
  if (slug) runtimes_ = records_of(slug->runtimes);
  co_return std::move(slug);
}

Task<Result<Deployment::Written>> Deployment::make_release(build::Slug slug) {
  co_await say("-----> Launching...\n");
  auto described = co_await describe(std::move(slug));
  if (!described) co_return std::move(described).error();
  auto written = co_await write_release(std::move(*described));
  if (!written || !written->demands.any()) co_return std::move(written);
  DAVIT_CO_TRY(co_await prove(*written));
  auto release = written->release;
  DAVIT_CO_TRY(co_await commit(std::move(release)));
  co_return std::move(written);
}

// Slug, release, build row and, unless the release has to prove itself first, the ref itself in one
// transaction: a crash leaves all or none of the rows, and a ref that moved without them is moved
// back at start (recover_builds).
Task<Result<Deployment::Written>> Deployment::write_release(store::Slug slug) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  auto write = [this, slug = std::move(slug), now = services_.clock.wall(),
                id = ReleaseId::make(services_.random)](store::Stores& stores) -> Result<Written> {
    store::Transaction transaction(stores.database);
    auto app = stores.apps.find(row_.app);
    if (!app) return std::move(app).error();
    DAVIT_TRY(stores.slugs.add(slug));
    auto configured = stores.releases.configured(row_.app);
    if (!configured) return std::move(configured).error();
    const auto formation = first_formation(stores, row_.app, slug.processes, formation_);
    if (!formation) return formation.error();
    store::Release release;
    release.id = id;
    release.app = row_.app;
    release.description = "Deploy " + short_version(request_);
    release.user = row_.user;
    release.slug = slug.id;
    release.processes = slug.processes;
    release.runtimes = runtimes_;
    const store::ConfigVars configured_before = configured->config;
    release.config = std::move(configured->config);
    release.config.insert(config_added_.begin(), config_added_.end());
    DAVIT_TRY(check_limits(configured_before, release.config));
    release.canary = begins_as_canary(stores, release, ChangeOf::code);
    const Demands demands = demands_of(release, slug, *formation);
    release.status = demands.any() ? store::Status::pending : store::Status::succeeded;
    release.created_at = release.updated_at = now;
    auto appended = stores.releases.append(std::move(release));
    if (!appended) return std::move(appended).error();
    row_.status = appended->status;
    row_.slug = slug.id;
    row_.release = id;
    row_.updated_at = now;
    DAVIT_TRY(stores.builds.update(row_));
    if (!demands.any()) DAVIT_TRY(move_ref_());
    transaction.commit();
    return Written{std::move(*appended), std::move(*app), demands, stores.canaries.find(row_.app)};
  };
  auto written = co_await services_.store.run(std::move(write));
  if (!written) {
    row_.slug.reset();  // rolled back
    row_.release.reset();
    co_return std::move(written);
  }
  loose_slug_.reset();
  if (written->demands.any()) pending_ = written->release.id;
  co_return std::move(written);
}

Task<Result<>> Deployment::prove(const Written& written) {
  co_await asio::this_coro::reset_cancellation_state();  // Ctrl-C counts again
  if (!place_->cancelled_by().empty()) co_return fail(Errc::cancelled, "cancelled");
  proof_ = std::make_unique<Proof>(services_, written.app, written.release, written.demands);
  co_return co_await proof_->run(output_.get());
}

Task<Result<>> Deployment::commit(store::Release release) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  row_.status = store::Status::succeeded;
  row_.updated_at = services_.clock.wall();
  auto write = [this, id = release.id](store::Stores& stores) -> Result<> {
    store::Transaction transaction(stores.database);
    DAVIT_TRY(stores.releases.set_status(id, store::Status::succeeded, row_.updated_at));
    DAVIT_TRY(stores.builds.update(row_));
    DAVIT_TRY(move_ref_());
    transaction.commit();
    return {};
  };
  auto written = co_await services_.store.run(std::move(write));
  if (written) pending_.reset();
  co_return written;
}

Task<> Deployment::give_up(std::string why) {
  proof_.reset();
  row_.status = store::Status::failed;
  row_.failure = why;
  row_.updated_at = services_.clock.wall();
  auto settle = [row = row_, pending = pending_, why](store::Stores& stores) -> Result<> {
    store::Transaction transaction(stores.database);
    DAVIT_TRY(stores.builds.update(row));
    if (pending) DAVIT_TRY(stores.releases.set_failed(*pending, why, row.updated_at));
    transaction.commit();
    return {};
  };
  const auto settled = co_await services_.store.run(std::move(settle));
  if (!settled) log::error("deploy not settled", {{"error", settled.error().message}});
  co_await log_action(services_, row_.app, "Build failed -- check your build output");
  if (loose_slug_) {
    auto remove = [&builder = services_.builder, id = *loose_slug_] {
      return builder.remove_slug(id);
    };
    (void)co_await run_blocking(services_.workers, std::move(remove));
  }
  co_await collect_slugs();
}

Task<> Deployment::tell_success(const Written& written) {
  const std::uint32_t version = written.release.version;
  co_await log_action(services_, row_.app,
                      fmt::format("Deploy {} by user {}", short_version(request_), who_));
  const char* const kind = written.release.canary ? " as a canary" : "";
  co_await log_action(services_, row_.app,
                      fmt::format("Release v{} created by user {}{}", version, who_, kind));
  co_await log_action(services_, row_.app, "Build succeeded");
}

std::string Deployment::canary_text(const Written& written) const {
  const std::uint32_t version = written.release.version;
  const std::string name = written.app.name.str();
  const auto after = std::chrono::milliseconds(written.canary.promote_after_ms);
  return fmt::format(
      "       {}% of requests go to v{}{}\n"
      "       `davit releases:promote -a {}` gives it all of them, `davit releases:abort -a {}` "
      "none\n",
      written.canary.percent, version,
      after.count() > 0 ? fmt::format("; all of them {} from its release", format_duration(after))
                        : std::string(),
      name, name);
}

// The release stands, whatever comes now: this only tells the pusher how its dynos fare.
Task<> Deployment::show_boot(const Written& written) {
  using supervisor::Boot;
  const std::string name = written.app.name.str();
  co_await say(fmt::format("       Released v{}\n", written.release.version));
  const auto boot =
      co_await services_.supervisor.wait_for_boot(written.release.app, written.release.id);
  std::string outcome;
  if (written.release.canary && boot.state == Boot::crashed) {
    outcome = fmt::format(
        " !     Canary v{} was taken back: {}. The release before it serves on; see `davit logs -a "
        "{}`\n",
        written.release.version, boot.reason, name);
  } else if (written.release.canary) {
    outcome = canary_text(written);
  } else if (boot.state == Boot::crashed) {
    outcome =
        fmt::format(" !     {}. What ran before goes on where it can; see `davit logs -a {}`\n",
                    boot.reason, name);
  } else if (boot.state == Boot::pending) {
    outcome =
        fmt::format(" !     The dynos are not all up yet; `davit ps -a {}` shows them\n", name);
  }
  outcome += fmt::format("       {} deployed\n", config_.web_url(written.app.name));
  co_await say(std::move(outcome));
}

Task<> Deployment::collect_slugs() {
  auto list = [app = row_.app, keep = config_.slugs_kept](store::Stores& stores) {
    return stores.slugs.unused(app, keep);
  };
  const auto unused = co_await services_.store.run(std::move(list));
  for (const SlugId& id : unused) {
    // The row first: a release must never name a slug that is half gone.
    auto forget = [id](store::Stores& stores) { return stores.slugs.remove(id); };
    const auto forgotten = co_await services_.store.run(std::move(forget));
    if (!forgotten) continue;
    auto remove = [&builder = services_.builder, id] { return builder.remove_slug(id); };
    (void)co_await run_blocking(services_.workers, std::move(remove));
  }
  auto in_use = [](store::Stores& stores) { return stores.releases.stored_runtimes(); };
  const auto names = co_await services_.store.run(std::move(in_use));
  std::set<runtimes::RuntimeName> referenced(names.begin(), names.end());
  co_await services_.runtimes.sweep(std::move(referenced));
}

}  // namespace davit::release
