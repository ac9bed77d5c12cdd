#pragma once
#include "base/ids.hpp"

// Internal to store/: what a row names must be there. Checked before writing, so that the error can
// name it; the foreign keys stand behind as the last guard. not_found. Call inside a Transaction
// with the write.
namespace davit::store {

class Database;

Error app_not_found(std::string_view name_or_id);
Error release_not_found(const ReleaseId& id);
Error slug_not_found(const SlugId& id);

Result<> require_app(Database& database, const AppId& id);
Result<> require_user(Database& database, const UserId& id);
Result<> require_slug(Database& database, const SlugId& id, const AppId& app);
Result<> require_release(Database& database, const ReleaseId& id, const AppId& app);

}  // namespace davit::store
