#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {
namespace {

DynoRecord read_dyno(Statement& row) {
  return DynoRecord{.id = row.get<DynoId>(),
                    .app = row.get<AppId>(),
                    .name = row.get<DynoName>(),
                    .release = row.get<ReleaseId>(),
                    .port = row.get<std::optional<std::uint16_t>>(),
                    .command = row.get<std::string>(),
                    .created_at = row.get<WallTime>(),
                    .size = row.get<std::string>(),
                    .outgoing = row.get<bool>(),
                    .one_off = row.get<bool>()};
}

}  // namespace

Result<> DynoStore::add(const DynoRecord& dyno) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, dyno.app));
  DAVIT_TRY(require_release(db_, dyno.release, dyno.app));
  {
    Statement taken(db_, "SELECT 1 FROM dynos WHERE id = ?");
    if (taken.bind(dyno.id).next()) {
      return fail(Errc::conflict, "dyno '{}' exists already; make a new id", dyno.id.str());
    }
  }
  Statement add(db_,
                "INSERT INTO dynos (id, app_id, name, release_id, port, command, created_at, size,"
                " outgoing, one_off) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  add.bind(dyno.id, dyno.app, dyno.name, dyno.release, dyno.port, dyno.command, dyno.created_at,
           dyno.size, dyno.outgoing, dyno.one_off)
      .run();
  transaction.commit();
  return {};
}

std::vector<DynoRecord> DynoStore::list() const {
  Statement row(db_,
                "SELECT id, app_id, name, release_id, port, command, created_at, size, outgoing,"
                " one_off"
                " FROM dynos ORDER BY number");
  std::vector<DynoRecord> dynos;
  while (row.next()) dynos.push_back(read_dyno(row));
  return dynos;
}

std::vector<DynoRecord> DynoStore::list(const AppId& app) const {
  Statement row(db_,
                "SELECT id, app_id, name, release_id, port, command, created_at, size, outgoing,"
                " one_off"
                " FROM dynos WHERE app_id = ? ORDER BY number");
  row.bind(app);
  std::vector<DynoRecord> dynos;
  while (row.next()) dynos.push_back(read_dyno(row));
  return dynos;
}

Result<> DynoStore::set_outgoing(const std::vector<DynoId>& ids) {
  Transaction transaction(db_);
  for (const DynoId& id : ids) {
    Statement set(db_, "UPDATE dynos SET outgoing = 1 WHERE id = ?");
    set.bind(id).run();
  }
  transaction.commit();
  return {};
}

Result<> DynoStore::remove(const DynoId& id) {
  Statement remove(db_, "DELETE FROM dynos WHERE id = ?");
  remove.bind(id).run();
  return {};
}

}  // namespace davit::store
