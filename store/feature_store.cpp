#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {

std::vector<std::string> FeatureStore::list(const AppId& app) const {
  Statement row(db_, "SELECT name FROM app_features WHERE app_id = ? ORDER BY name");
  row.bind(app);
  std::vector<std::string> names;
  while (row.next()) names.push_back(row.get<std::string>());
  return names;
}

Result<> FeatureStore::set(const AppId& app, const std::string& name, bool enabled) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, app));
  if (enabled) {
    Statement add(db_, "INSERT OR IGNORE INTO app_features (app_id, name) VALUES (?, ?)");
    add.bind(app, name).run();
  } else {
    Statement remove(db_, "DELETE FROM app_features WHERE app_id = ? AND name = ?");
    remove.bind(app, name).run();
  }
  transaction.commit();
  return {};
}

}  // namespace davit::store
