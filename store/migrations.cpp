#include "store/migrations.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

#include "base/ensure.hpp"
#include "base/files.hpp"

namespace davit::store {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t application_id = 0x44415654;  // "DAVT"; set by migration 0001

Result<> sync_file(const fs::path& path, int flags) {
  auto fd = open_file(path, flags);
  if (!fd) return std::move(fd).error();
  if (::fsync(fd->get()) != 0) return fail_errno(errno, fmt::format("fsync '{}'", path.string()));
  return {};
}

Result<> take_snapshot(Connection& connection, int first) {
  const fs::path target = fmt::format("{}.before-{:04}", connection.path(), first);
  const fs::path unfinished = target.string() + ".tmp";
  std::error_code ignored;
  fs::remove(unfinished, ignored);  // of a start that was cut short
  {
    // SQLite would create it readable by all; VACUUM INTO accepts an empty file.
    auto made = open_file(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!made) return std::move(made).error();
  }
  const StatementHandle copy = connection.borrow("VACUUM INTO ?");
  sqlite3_bind_text64(copy.get(), 1, unfinished.c_str(), unfinished.string().size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
  if (sqlite3_step(copy.get()) != SQLITE_DONE) connection.raise("copy before migrating");
  DAVIT_TRY(sync_file(unfinished, O_RDONLY));
  if (::rename(unfinished.c_str(), target.c_str()) != 0) {
    return fail_errno(errno, fmt::format("rename '{}'", unfinished.string()));
  }
  return sync_file(target.has_parent_path() ? target.parent_path() : ".", O_RDONLY | O_DIRECTORY);
}

void apply(Connection& connection, const Migration& migration) {
  connection.execute("BEGIN IMMEDIATE");
  try {
    connection.execute(migration.sql);
    ensure(connection.number("PRAGMA user_version") == migration.number,
           "a migration ends by setting user_version to its number");
    const StatementHandle check = connection.borrow("PRAGMA foreign_key_check");
    if (sqlite3_step(check.get()) != SQLITE_DONE) {
      throw DatabaseError(fmt::format("database '{}': migration '{}' breaks a foreign key",
                                      connection.path(), migration.name));
    }
    connection.execute("COMMIT");
  } catch (...) {
    if (connection.in_transaction()) connection.execute("ROLLBACK");
    throw;
  }
}

}  // namespace

Result<> migrate(Connection& connection, std::span<const Migration> migrations) {
  const auto newest = static_cast<std::int64_t>(migrations.size());
  const std::int64_t id = connection.number("PRAGMA application_id");
  const std::int64_t version = connection.number("PRAGMA user_version");
  const bool empty = connection.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (!(empty && id == 0 && version == 0) && (id != application_id || version < 1)) {
    return fail(Errc::invalid_argument,
                "'{}' is not a Davit database; move it away or choose another data directory",
                connection.path());
  }
  if (version > newest) {
    return fail(Errc::conflict,
                "database '{}' is of a newer Davit (schema {}, this one knows {}); install that "
                "version, or put back the snapshot '{}.before-{:04}'",
                connection.path(), version, newest, connection.path(), newest + 1);
  }
  // In WAL mode only FULL makes a commit durable when it returns. Before the first write of ours.
  connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  if (version < newest && !empty)
    DAVIT_TRY(take_snapshot(connection, static_cast<int>(version) + 1));
  // Rebuilding a table drops rows that others name; every step is checked as a whole instead.
  connection.execute("PRAGMA foreign_keys = OFF");
  for (const Migration& migration : migrations.subspan(static_cast<std::size_t>(version))) {
    apply(connection, migration);
  }
  connection.execute("PRAGMA foreign_keys = ON");
  return {};
}

}  // namespace davit::store
