#include "server/release/deployer_impl.hpp"

#include <boost/system/system_error.hpp>

#include "store/database.hpp"

namespace davit::release {
namespace {

// What the pusher sees is also kept, for `davit builds:output`.
class TeeSink final : public OutputSink {
 public:
  TeeSink(OutputSink& pusher, std::unique_ptr<BuildOutputFiles::Writer> file)
      : pusher_(pusher), file_(std::move(file)) {}
  Task<> write(std::string bytes) override {
    file_->append(bytes);
    co_await pusher_.write(std::move(bytes));
  }

 private:
  OutputSink& pusher_;
  std::unique_ptr<BuildOutputFiles::Writer> file_;
};

std::string short_commit(const CommitId& commit) { return commit.str().substr(0, 8); }

}  // namespace

Task<Result<std::unique_ptr<git::DeployTurn>>> DeployerImpl::take_turn(AppId app,
                                                                       OutputSink& progress) {
  co_return co_await services_.turns.take(std::move(app), &progress);
}

Task<Result<git::Deployed>> DeployerImpl::deploy(git::DeployRequest request, OutputSink& progress,
                                                 std::function<Result<>()> move_ref) {
  auto begun = co_await begin_build(request);
  if (!begun) co_return std::move(begun).error();
  const store::Build row = std::move(*begun);
  TeeSink output(progress, outputs_.begin(row.id));
  const std::string who = co_await user_name(services_, request.user);
  co_await log_action(services_, request.app, fmt::format("Build started by user {}", who));

  auto slug = co_await build(request, row, output);
  if (!slug) {
    co_await fail_build(row, slug.error().message);
    co_return std::move(slug).error();
  }
  std::string step = "-----> Launching...\n";
  co_await output.write(std::move(step));
  const SlugId slug_id = slug->id;
  auto committed = co_await commit(row, std::move(*slug), std::move(move_ref));
  if (!committed) {
    (void)services_.builder.remove_slug(slug_id);
    std::string text = fmt::format(" !     {}\n", committed.error().message);
    co_await output.write(std::move(text));
    co_await fail_build(row, committed.error().message);
    co_return std::move(committed).error();
  }
  const std::uint32_t version = committed->release.version;
  std::string web_url = config_.web_url(committed->name);
  co_await log_action(services_, request.app,
                      fmt::format("Deploy {} by user {}", short_commit(request.commit), who));
  co_await log_action(services_, request.app,
                      fmt::format("Release v{} created by user {}", version, who));
  co_await log_action(services_, request.app, "Build succeeded");
  services_.supervisor.changed(request.app);

  co_await show_boot(std::move(*committed), output);
  co_await collect_slugs(request.app);
  co_return git::Deployed{version, std::move(web_url)};
}

Task<Result<store::Build>> DeployerImpl::begin_build(git::DeployRequest request) {
  store::Build row;
  row.id = BuildId::make(services_.random);
  row.app = request.app;
  row.user = request.user;
  row.commit = request.commit;
  row.ref = request.ref;
  row.created_at = row.updated_at = services_.clock.wall();
  auto add = [row](store::Stores& stores) -> Result<store::Build> {
    DAVIT_TRY(stores.builds.add(row));
    return row;
  };
  co_return co_await services_.store.run(std::move(add));
}

Task<Result<build::Slug>> DeployerImpl::build(git::DeployRequest request, store::Build row,
                                              OutputSink& output) {
  const AppId app_id = request.app;
  struct Inputs {
    store::App app;
    store::ConfigVars config;
  };
  auto load = [app_id](store::Stores& stores) -> Result<Inputs> {
    auto app = stores.apps.find(app_id);
    if (!app) return std::move(app).error();
    auto latest = stores.releases.latest(app_id);
    if (!latest) return std::move(latest).error();
    return Inputs{std::move(*app), std::move(latest->config)};
  };
  auto inputs = co_await services_.store.run(std::move(load));
  if (!inputs) co_return std::move(inputs).error();

  build::BuildRequest build;
  build.id = row.id;
  build.app = app_id;
  build.name = inputs->app.name;
  build.commit = request.commit;
  build.repository = request.repository;
  build.quarantine = request.quarantine;
  build.config = std::move(inputs->config);
  if (config_.as_root) build.uid = inputs->app.uid;
  // Cancelled by the pusher: the row must not stay pending. An await is impossible while an exception is handled.
  std::exception_ptr cancelled;
  Result<build::Slug> slug = fail(Errc::cancelled, "the build was cancelled");
  try {
    slug = co_await services_.builder.build(std::move(build), output);
  } catch (const boost::system::system_error&) {
    cancelled = std::current_exception();
  }
  if (!cancelled) co_return std::move(slug);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await fail_build(row, "cancelled by the pusher");
  std::rethrow_exception(cancelled);
}

// Slug, release, build row and the ref itself in one transaction: a crash leaves all or none of the rows, and a ref
// that moved without them is moved back at start (repair_refs).
Task<Result<DeployerImpl::Committed>> DeployerImpl::commit(store::Build row, build::Slug slug,
                                                           std::function<Result<>()> move_ref) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  auto write = [row, slug = std::move(slug), move_ref = std::move(move_ref),
                now = services_.clock.wall(), id = ReleaseId::make(services_.random)](
                   store::Stores& stores) mutable -> Result<Committed> {
    store::Transaction transaction(stores.database);
    auto app = stores.apps.find(row.app);
    if (!app) return std::move(app).error();
    store::Slug kept{slug.id, row.app, row.commit, slug.buildpack, slug.bytes, slug.processes, now};
    DAVIT_TRY(stores.slugs.add(kept));
    auto latest = stores.releases.latest(row.app);
    if (!latest) return std::move(latest).error();
    store::Release release;
    release.id = id;
    release.app = row.app;
    release.description = "Deploy " + short_commit(row.commit);
    release.user = row.user;
    release.slug = slug.id;
    release.processes = slug.processes;
    release.config = std::move(latest->config);
    release.status = store::Status::succeeded;
    release.created_at = release.updated_at = now;
    auto appended = stores.releases.append(std::move(release));
    if (!appended) return std::move(appended).error();
    // The first deploy runs one web dyno; other types wait to be scaled.
    if (stores.formations.list(row.app).empty() && slug.processes.contains("web")) {
      DAVIT_TRY(stores.formations.set({row.app, *ProcessType::parse("web"), 1, "standard"}));
    }
    row.status = store::Status::succeeded;
    row.slug = slug.id;
    row.release = id;
    row.updated_at = now;
    DAVIT_TRY(stores.builds.update(row));
    DAVIT_TRY(move_ref());
    transaction.commit();
    return Committed{std::move(*appended), std::move(app->name)};
  };
  co_return co_await services_.store.run(std::move(write));
}

Task<> DeployerImpl::fail_build(store::Build row, std::string why) {
  row.status = store::Status::failed;
  row.failure = std::move(why);
  row.updated_at = services_.clock.wall();
  auto update = [row](store::Stores& stores) { return stores.builds.update(row); };
  (void)co_await services_.store.run(std::move(update));
  co_await log_action(services_, row.app, "Build failed -- check your build output");
}

// The release stands, whatever comes now: this only tells the pusher how its dynos fare.
Task<> DeployerImpl::show_boot(Committed committed, OutputSink& progress) {
  using supervisor::Boot;
  const auto& [release, name] = committed;
  std::string text = fmt::format("       Released v{}\n", release.version);
  co_await progress.write(std::move(text));
  const auto boot = co_await services_.supervisor.wait_for_boot(release.app, release.id);
  std::string outcome;
  if (boot.state == Boot::crashed) {
    outcome = fmt::format(
        " !     {}. What ran before goes on where it can; see `davit logs -a {}`\n", boot.reason,
        name.str());
  } else if (boot.state == Boot::pending) {
    outcome = fmt::format(" !     The dynos are not up yet; `davit ps -a {}` shows them\n",
                          name.str());
  }
  outcome += fmt::format("       {} deployed\n", config_.web_url(name));
  co_await progress.write(std::move(outcome));
}

Task<> DeployerImpl::collect_slugs(AppId app) {
  const std::size_t keep = config_.slugs_kept;
  auto list = [app, keep](store::Stores& stores) { return stores.slugs.unused(app, keep); };
  const auto unused = co_await services_.store.run(std::move(list));
  for (const SlugId& id : unused) {
    // The row first: a release must never name a slug that is half gone.
    auto forget = [id](store::Stores& stores) { return stores.slugs.remove(id); };
    const auto forgotten = co_await services_.store.run(std::move(forget));
    if (!forgotten) continue;
    auto& builder = services_.builder;
    auto remove = [&builder, id] { return builder.remove_slug(id); };
    (void)co_await run_blocking(services_.workers, std::move(remove));
  }
}

}  // namespace davit::release
