#include <nlohmann/json.hpp>

#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"
#include "store/vault.hpp"

namespace davit::store {

std::vector<std::string> BuildpackStore::list(const AppId& app) const {
  Statement row(db_, "SELECT sources FROM app_buildpacks WHERE app_id = ?");
  if (!row.bind(app).next()) return {};
  const auto plain = db_.vault().unseal(row.get<Blob>().bytes);
  if (!plain) row.corrupt(plain.error().message);
  const auto sealed = nlohmann::json::parse(*plain, nullptr, false);
  // The app's id is sealed with it: a value copied from another row is refused.
  if (!sealed.is_object() || sealed.value("app", "") != app.str() || !sealed.contains("sources")) {
    row.corrupt("sealed buildpacks of another app");
  }
  return sealed["sources"].get<std::vector<std::string>>();
}

Result<> BuildpackStore::set(const AppId& app, const std::vector<std::string>& sources) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, app));
  if (sources.empty()) {
    Statement remove(db_, "DELETE FROM app_buildpacks WHERE app_id = ?");
    remove.bind(app).run();
  } else {
    const nlohmann::json plain{{"app", app.str()}, {"sources", sources}};
    Statement set(db_,
                  "INSERT INTO app_buildpacks (app_id, sources) VALUES (?, ?)"
                  " ON CONFLICT (app_id) DO UPDATE SET sources = excluded.sources");
    set.bind(app, Blob{db_.vault().seal(plain.dump())}).run();
  }
  transaction.commit();
  return {};
}

}  // namespace davit::store
