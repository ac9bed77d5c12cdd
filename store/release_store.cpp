#include "store/columns.hpp"
#include "store/database.hpp"
#include "store/require.hpp"
#include "store/stores.hpp"

namespace davit::store {
namespace {

// In read_release's order. Statements are kept under a view of their text: it must be a literal.
#define SELECT_RELEASES                                                           \
  "SELECT id, app_id, version, description, user_id, slug_id, processes, status," \
  " created_at, updated_at, failure, carries_config, canary, config FROM releases"

enum class Config { read, leave_empty };

// Every column; `config` last, because opening it needs the id.
Release read_release(Statement& row, const Vault& vault, Config config) {
  Release release{.id = row.get<ReleaseId>(),
                  .app = row.get<AppId>(),
                  .version = row.get<std::uint32_t>(),
                  .description = row.get<std::string>(),
                  .user = row.get<UserId>(),
                  .slug = row.get<std::optional<SlugId>>(),
                  .processes = get_processes(row),
                  .config = {},
                  .status = row.get<Status>(),
                  .created_at = row.get<WallTime>(),
                  .updated_at = row.get<WallTime>(),
                  .failure = row.get<std::string>(),
                  .carries_config = row.get<bool>(),
                  .canary = row.get<bool>()};
  if (config == Config::read) release.config = get_config(row, vault, release.id);
  return release;
}

std::vector<ReleaseRuntime> runtimes_of(Database& database, const ReleaseId& release) {
  Statement row(database,
                "SELECT language, version, origin, executable, identity FROM release_runtimes"
                " WHERE release_id = ? ORDER BY language");
  row.bind(release);
  std::vector<ReleaseRuntime> runtimes;
  while (row.next()) {
    runtimes.push_back({.language = row.get<std::string>(),
                        .version = row.get<std::string>(),
                        .origin = row.get<std::string>(),
                        .executable = row.get<std::string>(),
                        .identity = row.get<std::string>()});
  }
  return runtimes;
}

// One release with everything that belongs to it.
Release read_whole(Statement& row, Database& database) {
  Release release = read_release(row, database.vault(), Config::read);
  release.runtimes = runtimes_of(database, release.id);
  return release;
}

void add_runtimes(Database& database, const Release& release) {
  for (const ReleaseRuntime& runtime : release.runtimes) {
    Statement add(database,
                  "INSERT INTO release_runtimes (release_id, language, version, origin, executable,"
                  " identity) VALUES (?, ?, ?, ?, ?, ?)");
    add.bind(release.id, runtime.language, runtime.version, runtime.origin, runtime.executable,
             runtime.identity)
        .run();
  }
}

std::uint32_t next_version(Database& database, const AppId& app) {
  Statement row(database, "SELECT coalesce(max(version), 0) + 1 FROM releases WHERE app_id = ?");
  row.bind(app).next();
  return row.get<std::uint32_t>();
}

void withdraw_canary(Database& database, const ReleaseId& id, const std::string& why, WallTime at) {
  Statement set(database,
                "UPDATE releases SET status = 'failed', failure = ?, carries_config = 0,"
                " updated_at = ? WHERE id = ?");
  set.bind(why, at, id).run();
}

std::optional<ReleaseId> canary_of(Database& database, const AppId& app) {
  Statement row(database,
                "SELECT id FROM releases WHERE app_id = ? AND canary = 1 AND status = 'succeeded'");
  if (!row.bind(app).next()) return std::nullopt;
  return row.get<ReleaseId>();
}

// What was tried before it is over.
void replace_canary(Database& database, const Release& by, WallTime at) {
  const auto other = canary_of(database, by.app);
  if (!other || *other == by.id) return;
  withdraw_canary(database, *other,
                  fmt::format("v{} took its place before it was promoted", by.version), at);
}

Error not_a_canary(const ReleaseId& id) {
  return fail(Errc::conflict, "release '{}' is no canary (any more)", id.str());
}

void mark_released(Database& database, const AppId& app, WallTime at) {
  Statement set(database, "UPDATE apps SET released_at = ?1, updated_at = ?1 WHERE id = ?2");
  set.bind(at, app).run();
}

}  // namespace

Result<Release> ReleaseStore::append(Release release) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, release.app));
  if (release.slug) DAVIT_TRY(require_slug(db_, *release.slug, release.app));
  {
    Statement taken(db_, "SELECT 1 FROM releases WHERE id = ?");
    if (taken.bind(release.id).next()) {
      return fail(Errc::conflict, "release '{}' exists already; make a new id", release.id.str());
    }
  }
  const auto processes = encode_map(release.processes);
  if (!processes) return processes.error();
  const auto config = seal_config(db_.vault(), release.id, release.config);
  if (!config) return config.error();
  release.version = next_version(db_, release.app);
  const bool succeeded = release.status == Status::succeeded;
  if (succeeded) replace_canary(db_, release, release.updated_at);
  Statement add(
      db_,
      "INSERT INTO releases (id, app_id, version, description, user_id, slug_id,"
      " processes, status, created_at, updated_at, failure, carries_config, canary, config)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  add.bind(release.id, release.app, release.version, release.description, release.user,
           release.slug, *processes, release.status, release.created_at, release.updated_at,
           release.failure, release.carries_config, release.canary, *config)
      .run();
  add_runtimes(db_, release);
  if (succeeded && !release.canary) mark_released(db_, release.app, release.updated_at);
  transaction.commit();
  return release;
}

Result<> ReleaseStore::set_status(const ReleaseId& id, Status status, WallTime now) {
  Transaction transaction(db_);
  const auto release = find(id);
  if (!release) return release.error();
  const bool succeeded = status == Status::succeeded;
  if (succeeded) replace_canary(db_, *release, now);
  Statement set(db_, "UPDATE releases SET status = ?, updated_at = ? WHERE id = ?");
  set.bind(status, now, id).run();
  if (succeeded && !release->canary) mark_released(db_, release->app, now);
  transaction.commit();
  return {};
}

Result<> ReleaseStore::set_failed(const ReleaseId& id, const std::string& why, WallTime now) {
  Statement set(db_,
                "UPDATE releases SET status = 'failed', failure = ?, updated_at = ? WHERE id = ?");
  set.bind(why, now, id).run();
  if (set.changes() == 0) return release_not_found(id);
  return {};
}

Result<Release> ReleaseStore::canary_seen(const AppId& app,
                                          const std::optional<ReleaseId>& seen) const {
  const auto now = canary(app);
  if (now && (!seen || *seen == now->id)) return *now;
  if (!seen) {
    return fail(Errc::not_found,
                "no canary serves now: `davit releases:canary 10%` makes one of the next release");
  }
  const auto meant = find(*seen);
  if (!meant || meant->app != app) return release_not_found(*seen);
  return fail(Errc::conflict,
              "release v{} is not the canary now{}; `davit releases` shows what became of it",
              meant->version, now ? fmt::format(", v{} is", now->version) : "");
}

Result<> ReleaseStore::promote(const ReleaseId& id, WallTime now) {
  Transaction transaction(db_);
  const auto release = find(id);
  if (!release) return release.error();
  if (canary_of(db_, release->app) != id) return not_a_canary(id);
  Statement set(db_, "UPDATE releases SET canary = 0, updated_at = ? WHERE id = ?");
  set.bind(now, id).run();
  mark_released(db_, release->app, now);
  transaction.commit();
  return {};
}

Result<> ReleaseStore::withdraw(const ReleaseId& id, const std::string& why, WallTime now) {
  Transaction transaction(db_);
  const auto release = find(id);
  if (!release) return release.error();
  if (canary_of(db_, release->app) != id) return not_a_canary(id);
  withdraw_canary(db_, id, why, now);
  transaction.commit();
  return {};
}

Result<Release> ReleaseStore::find(const ReleaseId& id) const {
  Statement row(db_, SELECT_RELEASES " WHERE id = ?");
  if (!row.bind(id).next()) return release_not_found(id);
  return read_whole(row, db_);
}

Result<Release> ReleaseStore::find(const AppId& app, std::uint32_t version) const {
  Statement row(db_, SELECT_RELEASES " WHERE app_id = ? AND version = ?");
  if (!row.bind(app, version).next()) {
    return fail(Errc::not_found, "release v{} not found; `davit releases` lists them", version);
  }
  return read_whole(row, db_);
}

Result<Release> ReleaseStore::latest(const AppId& app) const {
  Statement row(db_, SELECT_RELEASES
                " WHERE app_id = ?"
                " ORDER BY version DESC LIMIT 1");
  if (!row.bind(app).next()) return app_not_found(app.str());  // every app has v1
  return read_whole(row, db_);
}

Result<Release> ReleaseStore::configured(const AppId& app) const {
  Statement row(db_, SELECT_RELEASES
                " WHERE app_id = ? AND (carries_config = 1 OR status = 'succeeded')"
                " ORDER BY version DESC LIMIT 1");
  if (!row.bind(app).next()) return app_not_found(app.str());  // v1 carries its config
  return read_whole(row, db_);
}

Result<Release> ReleaseStore::current(const AppId& app) const {
  Statement row(db_, SELECT_RELEASES
                " WHERE app_id = ? AND status = 'succeeded' AND canary = 0"
                " ORDER BY version DESC LIMIT 1");
  if (!row.bind(app).next()) return app_not_found(app.str());
  return read_whole(row, db_);
}

std::optional<Release> ReleaseStore::canary(const AppId& app) const {
  const auto id = canary_of(db_, app);
  if (!id) return std::nullopt;
  auto release = find(*id);
  return release ? std::optional(std::move(*release)) : std::nullopt;
}

std::vector<Release> ReleaseStore::list(const AppId& app, std::size_t count_max) const {
  Statement row(db_, SELECT_RELEASES
                " WHERE app_id = ?"
                " ORDER BY version DESC LIMIT ?");
  row.bind(app, row_limit(count_max));
  std::vector<Release> releases;
  while (row.next()) releases.push_back(read_release(row, db_.vault(), Config::leave_empty));
  return releases;
}

std::vector<Release> ReleaseStore::list_unfinished() const {
  Statement row(db_, SELECT_RELEASES " WHERE status = 'pending' ORDER BY number");
  std::vector<Release> releases;
  while (row.next()) releases.push_back(read_release(row, db_.vault(), Config::leave_empty));
  return releases;
}

std::vector<std::pair<std::string, std::string>> ReleaseStore::stored_runtimes() const {
  Statement row(db_,
                "SELECT DISTINCT t.language, t.version FROM release_runtimes AS t"
                " JOIN releases AS r ON r.id = t.release_id"
                " WHERE t.origin = 'store' AND r.slug_id IS NOT NULL");
  std::vector<std::pair<std::string, std::string>> runtimes;
  while (row.next()) {
    auto language = row.get<std::string>();
    runtimes.emplace_back(std::move(language), row.get<std::string>());
  }
  return runtimes;
}

#undef SELECT_RELEASES

}  // namespace davit::store
