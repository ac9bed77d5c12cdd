#include "store/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace davit::store {

void CloseConnection::operator()(sqlite3* handle) const { sqlite3_close(handle); }
void FinalizeStatement::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Connection::Connection(std::string path) : path_(std::move(path)) {
  sqlite3* opened = nullptr;
  // NOMUTEX: one thread at a time uses this connection (the store thread).
  const int rc = sqlite3_open_v2(
      path_.c_str(), &opened,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  handle_.reset(opened);
  if (rc != SQLITE_OK) {
    throw DatabaseError(fmt::format("database '{}': open: {}", path_, sqlite3_errstr(rc)));
  }
  // Only an administrator's own sqlite3 shell can be the other one: davitd holds the lock file.
  sqlite3_busy_timeout(handle(), 5000);
  // A tampered file may not run functions from its schema, nor may anything write to the schema
  // tables.
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
}

void Connection::raise(std::string_view what) const {
  throw DatabaseError(fmt::format("database '{}': {}: {} (code {})", path_, what,
                                  sqlite3_errmsg(handle()), sqlite3_extended_errcode(handle())));
}

void Connection::execute(const char* script) {
  if (sqlite3_exec(handle(), script, nullptr, nullptr, nullptr) != SQLITE_OK) {
    raise(std::string_view(script).substr(0, 60));
  }
}

std::int64_t Connection::number(const char* query) {
  const StatementHandle statement = borrow(query);
  if (sqlite3_step(statement.get()) != SQLITE_ROW) raise(query);
  return sqlite3_column_int64(statement.get(), 0);
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

StatementHandle Connection::borrow(std::string_view sql) {
  if (const auto found = idle_.find(sql); found != idle_.end()) {
    StatementHandle statement = std::move(found->second);
    idle_.erase(found);
    return statement;
  }
  sqlite3_stmt* made = nullptr;
  const int rc = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (rc != SQLITE_OK) raise(sql);
  return StatementHandle(made);
}

void Connection::put_back(std::string_view sql, StatementHandle statement) noexcept {
  sqlite3_reset(statement.get());
  sqlite3_clear_bindings(statement.get());
  try {
    // A second one of the same text (a statement inside its own loop) is finalized here.
    idle_.try_emplace(sql, std::move(statement));
  } catch (const std::bad_alloc&) {
    return;
  }
}

}  // namespace davit::store
