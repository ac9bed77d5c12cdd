#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {

std::optional<SleepRecord> SleepStore::find(const AppId& app) const {
  Statement row(db_, "SELECT app_id, release_id, since, stopped FROM sleeps WHERE app_id = ?");
  if (!row.bind(app).next()) return std::nullopt;
  return SleepRecord{.app = row.get<AppId>(),
                     .release = row.get<ReleaseId>(),
                     .since = row.get<WallTime>(),
                     .stopped = row.get<bool>()};
}

Result<> SleepStore::set(const SleepRecord& sleep) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, sleep.app));
  Statement set(db_,
                "INSERT INTO sleeps (app_id, release_id, since, stopped) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (app_id) DO UPDATE SET release_id = excluded.release_id,"
                " since = excluded.since, stopped = excluded.stopped");
  set.bind(sleep.app, sleep.release, sleep.since, sleep.stopped).run();
  transaction.commit();
  return {};
}

Result<> SleepStore::remove(const AppId& app) {
  Statement remove(db_, "DELETE FROM sleeps WHERE app_id = ?");
  remove.bind(app).run();
  return {};
}

}  // namespace davit::store
