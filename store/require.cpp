#include "store/require.hpp"

#include "store/statement.hpp"

namespace davit::store {

Error app_not_found(std::string_view name_or_id) {
  return fail(Errc::not_found, "app '{}' not found; `davit apps` lists yours", name_or_id);
}

Error release_not_found(const ReleaseId& id) {
  return fail(Errc::not_found, "release '{}' not found; `davit releases` lists them", id.str());
}

Error slug_not_found(const SlugId& id) {
  return fail(Errc::not_found, "slug '{}' not found; push again to build it", id.str());
}

Result<> require_app(Database& database, const AppId& id) {
  Statement found(database, "SELECT 1 FROM apps WHERE id = ?");
  if (!found.bind(id).next()) return app_not_found(id.str());
  return {};
}

Result<> require_user(Database& database, const UserId& id) {
  Statement found(database, "SELECT 1 FROM users WHERE id = ?");
  if (!found.bind(id).next()) {
    return fail(Errc::not_found, "user '{}' not found; ask an administrator", id.str());
  }
  return {};
}

Result<> require_slug(Database& database, const SlugId& id, const AppId& app) {
  Statement found(database, "SELECT 1 FROM slugs WHERE id = ? AND app_id = ?");
  if (!found.bind(id, app).next()) return slug_not_found(id);
  return {};
}

Result<> require_release(Database& database, const ReleaseId& id, const AppId& app) {
  Statement found(database, "SELECT 1 FROM releases WHERE id = ? AND app_id = ?");
  if (!found.bind(id, app).next()) return release_not_found(id);
  return {};
}

}  // namespace davit::store
