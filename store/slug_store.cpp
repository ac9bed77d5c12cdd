#include "store/columns.hpp"
#include "store/database.hpp"
#include "store/require.hpp"
#include "store/stores.hpp"

namespace davit::store {
namespace {

Slug read_slug(Statement& row) {
  return Slug{.id = row.get<SlugId>(),
              .app = row.get<AppId>(),
              .commit = row.get<CommitId>(),
              .buildpack = row.get<std::string>(),
              .bytes = row.get<std::uint64_t>(),
              .processes = get_processes(row),
              .created_at = row.get<WallTime>(),
              .health_checks = row.get<std::string>(),
              .cron = row.get<std::string>()};
}

}  // namespace

Result<> SlugStore::add(const Slug& slug) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, slug.app));
  {
    Statement taken(db_, "SELECT 1 FROM slugs WHERE id = ?");
    if (taken.bind(slug.id).next()) {
      return fail(Errc::conflict, "slug '{}' exists already; make a new id", slug.id.str());
    }
  }
  const auto processes = encode_map(slug.processes);
  if (!processes) return processes.error();
  Statement add(db_,
                "INSERT INTO slugs (id, app_id, commit_id, buildpack, bytes, processes, created_at,"
                " health_checks, cron) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  add.bind(slug.id, slug.app, slug.commit, slug.buildpack, slug.bytes, *processes, slug.created_at,
           slug.health_checks, slug.cron)
      .run();
  transaction.commit();
  return {};
}

Result<Slug> SlugStore::find(const SlugId& id) const {
  Statement row(
      db_,
      "SELECT id, app_id, commit_id, buildpack, bytes, processes, created_at, health_checks, cron"
      " FROM slugs WHERE id = ?");
  if (!row.bind(id).next()) return slug_not_found(id);
  return read_slug(row);
}

std::vector<Slug> SlugStore::list(const AppId& app) const {
  Statement row(
      db_,
      "SELECT id, app_id, commit_id, buildpack, bytes, processes, created_at, health_checks, cron"
      " FROM slugs WHERE app_id = ? ORDER BY number");
  row.bind(app);
  std::vector<Slug> slugs;
  while (row.next()) slugs.push_back(read_slug(row));
  return slugs;
}

// What a deploy under way has made counts as used: its release or build is pending until the end,
// and its slug would go before it ever ran.
std::vector<SlugId> SlugStore::unused(const AppId& app, std::size_t keep) const {
  Statement row(
      db_,
      "SELECT id FROM slugs WHERE app_id = ?1"
      " AND id NOT IN (SELECT slug_id FROM releases WHERE app_id = ?1"
      "   AND slug_id IS NOT NULL AND status = 'succeeded' ORDER BY version DESC LIMIT ?2)"
      " AND id NOT IN (SELECT slug_id FROM releases WHERE app_id = ?1"
      "   AND slug_id IS NOT NULL AND status = 'pending')"
      " AND id NOT IN (SELECT slug_id FROM builds WHERE app_id = ?1"
      "   AND slug_id IS NOT NULL AND status = 'pending')"
      " AND id NOT IN (SELECT r.slug_id FROM dynos AS d JOIN releases AS r"
      "   ON r.id = d.release_id WHERE d.app_id = ?1 AND r.slug_id IS NOT NULL)"
      " ORDER BY number");
  row.bind(app, row_limit(keep));
  std::vector<SlugId> ids;
  while (row.next()) ids.push_back(row.get<SlugId>());
  return ids;
}

Result<> SlugStore::remove(const SlugId& id) {
  Statement remove(db_, "DELETE FROM slugs WHERE id = ?");
  remove.bind(id).run();
  if (remove.changes() == 0) return slug_not_found(id);
  return {};
}

}  // namespace davit::store
