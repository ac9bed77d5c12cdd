#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {

std::vector<SlotRecord> SlotStore::list(const AppId& app) const {
  Statement row(db_,
                "SELECT app_id, name, release_id, stopped, crashes, retry_at, since, reason"
                " FROM dyno_slots WHERE app_id = ? ORDER BY name");
  row.bind(app);
  std::vector<SlotRecord> slots;
  while (row.next()) {
    slots.push_back(SlotRecord{.app = row.get<AppId>(),
                               .name = row.get<DynoName>(),
                               .release = row.get<ReleaseId>(),
                               .stopped = row.get<bool>(),
                               .crashes = row.get<std::uint32_t>(),
                               .retry_at = row.get<std::optional<WallTime>>(),
                               .since = row.get<WallTime>(),
                               .reason = row.get<std::string>()});
  }
  return slots;
}

Result<> SlotStore::set(const SlotRecord& slot) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, slot.app));
  Statement set(db_,
                "INSERT INTO dyno_slots (app_id, name, release_id, stopped, crashes, retry_at,"
                " since, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (app_id, name)"
                " DO UPDATE SET release_id = excluded.release_id, stopped = excluded.stopped,"
                " crashes = excluded.crashes, retry_at = excluded.retry_at,"
                " since = excluded.since, reason = excluded.reason");
  set.bind(slot.app, slot.name, slot.release, slot.stopped, slot.crashes, slot.retry_at, slot.since,
           slot.reason)
      .run();
  transaction.commit();
  return {};
}

Result<> SlotStore::remove(const AppId& app, const DynoName& name) {
  Statement remove(db_, "DELETE FROM dyno_slots WHERE app_id = ? AND name = ?");
  remove.bind(app, name).run();
  return {};
}

Result<> SlotStore::remove_all(const AppId& app) {
  Statement remove(db_, "DELETE FROM dyno_slots WHERE app_id = ?");
  remove.bind(app).run();
  return {};
}

}  // namespace davit::store
