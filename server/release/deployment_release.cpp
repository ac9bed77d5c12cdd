// A deploy's way from the slug to the release that is the current one.
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include "server/release/canary_rule.hpp"
#include "server/release/config_change.hpp"
#include "server/release/deployment.hpp"
#include "store/database.hpp"

namespace davit::release {
namespace {

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

}  // namespace

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
    release.description = "Deploy " + short_version();
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

}  // namespace davit::release
