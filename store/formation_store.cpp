#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {

std::vector<FormationEntry> FormationStore::list(const AppId& app) const {
  Statement row(db_,
                "SELECT app_id, type, quantity, size FROM formation WHERE app_id = ?"
                " ORDER BY type");
  row.bind(app);
  std::vector<FormationEntry> entries;
  while (row.next()) {
    entries.push_back(FormationEntry{.app = row.get<AppId>(),
                                     .type = row.get<ProcessType>(),
                                     .quantity = row.get<std::uint32_t>(),
                                     .size = row.get<std::string>()});
  }
  return entries;
}

Result<> FormationStore::set(const FormationEntry& entry) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, entry.app));
  Statement set(db_,
                "INSERT INTO formation (app_id, type, quantity, size) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (app_id, type)"
                " DO UPDATE SET quantity = excluded.quantity, size = excluded.size");
  set.bind(entry.app, entry.type, entry.quantity, entry.size).run();
  transaction.commit();
  return {};
}

}  // namespace davit::store
