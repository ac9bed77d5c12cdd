#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {

RoutingRecord RoutingStore::find(const AppId& app) const {
  Statement row(db_,
                "SELECT concurrency, policy, affinity, affinity_key, https_redirect, hsts_seconds"
                " FROM app_routing WHERE app_id = ?");
  RoutingRecord routing;
  if (!row.bind(app).next()) return routing;
  routing.concurrency = row.get<std::uint32_t>();
  routing.policy = row.get<std::string>();
  routing.affinity = row.get<bool>();
  routing.affinity_key = row.get<std::string>();
  routing.https_redirect = row.get<bool>();
  routing.hsts_seconds = row.get<std::int64_t>();
  return routing;
}

Result<> RoutingStore::set(const AppId& app, const RoutingRecord& routing) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, app));
  Statement set(db_,
                "INSERT INTO app_routing (app_id, concurrency, policy, affinity, affinity_key,"
                " https_redirect, hsts_seconds) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (app_id) DO UPDATE SET concurrency = excluded.concurrency,"
                " policy = excluded.policy, affinity = excluded.affinity,"
                " affinity_key = excluded.affinity_key, https_redirect = excluded.https_redirect,"
                " hsts_seconds = excluded.hsts_seconds");
  set.bind(app, routing.concurrency, routing.policy, routing.affinity, routing.affinity_key,
           routing.https_redirect, routing.hsts_seconds)
      .run();
  transaction.commit();
  return {};
}

}  // namespace davit::store
