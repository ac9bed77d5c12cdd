#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {

std::vector<FormationEntry> FormationStore::list(const AppId& app) const {
  Statement row(db_,
                "SELECT app_id, type, quantity, size, max_surge, max_unavailable FROM formation"
                " WHERE app_id = ? ORDER BY type");
  row.bind(app);
  std::vector<FormationEntry> entries;
  while (row.next()) {
    entries.push_back(FormationEntry{.app = row.get<AppId>(),
                                     .type = row.get<ProcessType>(),
                                     .quantity = row.get<std::uint32_t>(),
                                     .size = row.get<std::string>(),
                                     .max_surge = row.get<std::string>(),
                                     .max_unavailable = row.get<std::string>()});
  }
  return entries;
}

Result<> FormationStore::set(const FormationEntry& entry) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, entry.app));
  Statement set(db_,
                "INSERT INTO formation (app_id, type, quantity, size, max_surge, max_unavailable)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (app_id, type)"
                " DO UPDATE SET quantity = excluded.quantity, size = excluded.size,"
                " max_surge = excluded.max_surge, max_unavailable = excluded.max_unavailable");
  set.bind(entry.app, entry.type, entry.quantity, entry.size, entry.max_surge,
           entry.max_unavailable)
      .run();
  transaction.commit();
  return {};
}

}  // namespace davit::store
