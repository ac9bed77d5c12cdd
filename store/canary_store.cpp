#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {

CanaryRecord CanaryStore::find(const AppId& app) const {
  Statement row(db_, "SELECT enabled, percent, promote_after_ms FROM app_canary WHERE app_id = ?");
  if (!row.bind(app).next()) return {};
  return {.enabled = row.get<bool>(),
          .percent = row.get<std::uint32_t>(),
          .promote_after_ms = row.get<std::int64_t>()};
}

Result<> CanaryStore::set(const AppId& app, const CanaryRecord& canary) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, app));
  Statement set(db_,
                "INSERT INTO app_canary (app_id, enabled, percent, promote_after_ms)"
                " VALUES (?, ?, ?, ?)"
                " ON CONFLICT (app_id) DO UPDATE SET enabled = excluded.enabled,"
                " percent = excluded.percent, promote_after_ms = excluded.promote_after_ms");
  set.bind(app, canary.enabled, canary.percent, canary.promote_after_ms).run();
  transaction.commit();
  return {};
}

}  // namespace davit::store
