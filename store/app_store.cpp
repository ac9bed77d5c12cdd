#include "store/columns.hpp"
#include "store/database.hpp"
#include "store/require.hpp"
#include "store/stores.hpp"

namespace davit::store {
namespace {

// Statements are kept under a view of their text: it must be a literal.
#define SELECT_APPS                                                                    \
  "SELECT id, name, owner_id, uid, maintenance, paused_until, created_at, updated_at," \
  " released_at FROM apps"

App read_app(Statement& row) {
  return App{.id = row.get<AppId>(),
             .name = row.get<AppName>(),
             .owner = row.get<UserId>(),
             .uid = row.get<std::uint32_t>(),
             .maintenance = row.get<bool>(),
             .paused_until = row.get<std::optional<WallTime>>(),
             .created_at = row.get<WallTime>(),
             .updated_at = row.get<WallTime>(),
             .released_at = row.get<std::optional<WallTime>>()};
}

Error name_taken(const AppName& name) {
  return fail(Errc::conflict, "app name '{}' is taken; choose another", name.str());
}

// The counter lives in the same transaction as the app: a number that was given once is never given
// again, also when its app is gone and files of that owner are still about.
std::uint32_t take_uid(Database& database) {
  Statement taken(database,
                  "UPDATE sequences SET next = next + 1 WHERE name = 'uid' RETURNING next - 1");
  if (!taken.next()) throw DatabaseError("table 'sequences' has no row 'uid'");
  const auto uid = taken.get<std::uint32_t>();
  if (taken.next()) throw DatabaseError("table 'sequences' has two rows 'uid'");
  return uid;
}

}  // namespace

Result<App> AppStore::create(App app, const ReleaseId& initial_release) {
  Transaction transaction(db_);
  DAVIT_TRY(require_user(db_, app.owner));
  {
    Statement taken(db_, "SELECT id = ?1 FROM apps WHERE id = ?1 OR name = ?2");
    if (taken.bind(app.id, app.name).next()) {
      if (!taken.get<bool>()) return name_taken(app.name);
      return fail(Errc::conflict, "app id '{}' exists already; make a new one", app.id.str());
    }
  }
  app.uid = take_uid(db_);
  Statement add(db_,
                "INSERT INTO apps (id, name, owner_id, uid, maintenance, created_at, updated_at,"
                " released_at) VALUES (?, ?, ?, ?, ?, ?, ?, NULL)");
  add.bind(app.id, app.name, app.owner, app.uid, app.maintenance, app.created_at, app.updated_at)
      .run();
  Release first;
  first.id = initial_release;
  first.app = app.id;
  first.description = "Initial release";
  first.user = app.owner;
  first.status = Status::succeeded;
  first.created_at = first.updated_at = app.created_at;
  if (auto added = ReleaseStore(db_).append(std::move(first)); !added) return added.error();
  auto made = find(app.id);
  transaction.commit();
  return made;
}

Result<App> AppStore::find(const AppId& id) const {
  Statement row(db_, SELECT_APPS " WHERE id = ?");
  if (!row.bind(id).next()) return app_not_found(id.str());
  return read_app(row);
}

Result<App> AppStore::find(const AppName& name) const {
  Statement row(db_, SELECT_APPS " WHERE name = ?");
  if (!row.bind(name).next()) return app_not_found(name.str());
  return read_app(row);
}

std::vector<App> AppStore::list() const {
  Statement row(db_, SELECT_APPS " ORDER BY name");
  std::vector<App> apps;
  while (row.next()) apps.push_back(read_app(row));
  return apps;
}

std::vector<App> AppStore::list_owned(const UserId& owner) const {
  Statement row(db_, SELECT_APPS " WHERE owner_id = ? ORDER BY name");
  row.bind(owner);
  std::vector<App> apps;
  while (row.next()) apps.push_back(read_app(row));
  return apps;
}

Result<> AppStore::rename(const AppId& id, const AppName& name, WallTime now) {
  Transaction transaction(db_);
  {
    Statement taken(db_, "SELECT 1 FROM apps WHERE name = ? AND id <> ?");
    if (taken.bind(name, id).next()) return name_taken(name);
  }
  Statement set(db_, "UPDATE apps SET name = ?, updated_at = ? WHERE id = ?");
  set.bind(name, now, id).run();
  if (set.changes() == 0) return app_not_found(id.str());
  transaction.commit();
  return {};
}

Result<> AppStore::set_maintenance(const AppId& id, bool on, WallTime now) {
  Statement set(db_, "UPDATE apps SET maintenance = ?, updated_at = ? WHERE id = ?");
  set.bind(on, now, id).run();
  if (set.changes() == 0) return app_not_found(id.str());
  return {};
}

Result<> AppStore::set_paused(const AppId& id, std::optional<WallTime> until) {
  Statement set(db_, "UPDATE apps SET paused_until = ? WHERE id = ?");
  set.bind(until, id).run();
  if (set.changes() == 0) return app_not_found(id.str());
  return {};
}

Result<> AppStore::remove(const AppId& id) {
  Statement remove(db_, "DELETE FROM apps WHERE id = ?");
  remove.bind(id).run();
  if (remove.changes() == 0) return app_not_found(id.str());
  return {};
}

#undef SELECT_APPS

}  // namespace davit::store
