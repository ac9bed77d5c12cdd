#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {

namespace {

std::vector<FormationEntry> read_entries(Statement& row) {
  std::vector<FormationEntry> entries;
  while (row.next()) {
    entries.push_back(FormationEntry{.app = row.get<AppId>(),
                                     .type = row.get<ProcessType>(),
                                     .quantity = row.get<std::uint32_t>(),
                                     .size = row.get<std::string>(),
                                     .max_surge = row.get<std::string>(),
                                     .max_unavailable = row.get<std::string>(),
                                     .sleep_after_ms = row.get<std::int64_t>(),
                                     .autoscale = {.min = row.get<std::uint32_t>(),
                                                   .max = row.get<std::uint32_t>(),
                                                   .measure = row.get<std::string>(),
                                                   .target_ms = row.get<std::int64_t>()}});
  }
  return entries;
}

}  // namespace

std::vector<FormationEntry> FormationStore::list(const AppId& app) const {
  Statement row(db_,
                "SELECT app_id, type, quantity, size, max_surge, max_unavailable, sleep_after_ms,"
                " autoscale_min, autoscale_max, autoscale_measure, autoscale_target_ms"
                " FROM formation WHERE app_id = ? ORDER BY type");
  row.bind(app);
  return read_entries(row);
}

std::vector<FormationEntry> FormationStore::list_autoscaled() const {
  Statement row(db_,
                "SELECT app_id, type, quantity, size, max_surge, max_unavailable, sleep_after_ms,"
                " autoscale_min, autoscale_max, autoscale_measure, autoscale_target_ms"
                " FROM formation WHERE autoscale_max > 0 ORDER BY app_id, type");
  return read_entries(row);
}

Result<> FormationStore::set(const FormationEntry& entry) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, entry.app));
  Statement set(
      db_,
      "INSERT INTO formation (app_id, type, quantity, size, max_surge, max_unavailable,"
      " sleep_after_ms, autoscale_min, autoscale_max, autoscale_measure, autoscale_target_ms)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (app_id, type)"
      " DO UPDATE SET quantity = excluded.quantity, size = excluded.size,"
      " max_surge = excluded.max_surge, max_unavailable = excluded.max_unavailable,"
      " sleep_after_ms = excluded.sleep_after_ms, autoscale_min = excluded.autoscale_min,"
      " autoscale_max = excluded.autoscale_max,"
      " autoscale_measure = excluded.autoscale_measure,"
      " autoscale_target_ms = excluded.autoscale_target_ms");
  set.bind(entry.app, entry.type, entry.quantity, entry.size, entry.max_surge,
           entry.max_unavailable, entry.sleep_after_ms, entry.autoscale.min, entry.autoscale.max,
           entry.autoscale.measure, entry.autoscale.target_ms)
      .run();
  transaction.commit();
  return {};
}

}  // namespace davit::store
