#include "store/statement.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/ensure.hpp"
#include "store/database_impl.hpp"

namespace davit::store {

Statement::Statement(Database& database, std::string_view sql)
    : database_(database), sql_(sql), handle_(database.impl().connection.borrow(sql)) {}

Statement::~Statement() { database_.impl().connection.put_back(sql_, std::move(handle_)); }

bool Statement::next() {
  auto& impl = database_.impl();
  ensure(parameter_ == sqlite3_bind_parameter_count(handle_.get()), "every parameter is bound");
  // SQLite itself rolls a transaction back on some errors (disk full, I/O). What came after would
  // then be committed on its own, half of a whole.
  if (impl.depth > 0 && !impl.connection.in_transaction()) {
    throw DatabaseError(
        fmt::format("database '{}': the transaction was rolled back", impl.connection.path()));
  }
  column_ = 0;
  const int rc = sqlite3_step(handle_.get());
  if (rc == SQLITE_ROW) return true;
  if (rc != SQLITE_DONE) impl.connection.raise(sql_);
  return false;
}

void Statement::run() { ensure(!next(), "a statement that is run gives no rows"); }

std::int64_t Statement::changes() const {
  return sqlite3_changes64(database_.impl().connection.handle());
}

void Statement::put(std::string_view text) {
  // TRANSIENT: the caller's string may be gone before the statement runs.
  const int rc = sqlite3_bind_text64(handle_.get(), ++parameter_, text.empty() ? "" : text.data(),
                                     text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (rc != SQLITE_OK) database_.impl().connection.raise("bind a text");
}

void Statement::put(const Blob& blob) {
  const int rc = sqlite3_bind_blob64(handle_.get(), ++parameter_, blob.bytes.data(),
                                     blob.bytes.size(), SQLITE_TRANSIENT);
  if (rc != SQLITE_OK) database_.impl().connection.raise("bind a blob");
}

void Statement::put_null() {
  if (sqlite3_bind_null(handle_.get(), ++parameter_) != SQLITE_OK) {
    database_.impl().connection.raise("bind null");
  }
}

void Statement::put_number(std::int64_t number) {
  if (sqlite3_bind_int64(handle_.get(), ++parameter_, number) != SQLITE_OK) {
    database_.impl().connection.raise("bind a number");
  }
}

void Statement::put_id(const std::string& id) {
  if (id.empty()) throw std::logic_error(fmt::format("an empty id in '{}'", sql_));
  put(std::string_view(id));
}

std::int64_t Statement::too_large() { throw std::logic_error("a number beyond SQLite's 63 bits"); }

bool Statement::is_null() const {
  return sqlite3_column_type(handle_.get(), column_) == SQLITE_NULL;
}

void Statement::take(int type, std::string_view expected) {
  read_ = column_++;
  ensure(read_ < sqlite3_column_count(handle_.get()), "a column that is read was selected");
  if (sqlite3_column_type(handle_.get(), read_) != type) corrupt(expected);
}

std::string Statement::text() {
  take(SQLITE_TEXT, "not a text");
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), read_));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), read_))};
}

std::string Statement::blob() {
  take(SQLITE_BLOB, "not a blob");
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), read_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), read_));
  return size == 0 ? std::string() : std::string(bytes, size);
}

std::int64_t Statement::number(std::int64_t least, std::int64_t most) {
  take(SQLITE_INTEGER, "not a number");
  const std::int64_t value = sqlite3_column_int64(handle_.get(), read_);
  if (value < least || value > most) corrupt("a number out of range");
  return value;
}

void Statement::corrupt(std::string_view why) const {
  const char* table = sqlite3_column_table_name(handle_.get(), read_);
  const char* column = sqlite3_column_origin_name(handle_.get(), read_);
  throw DatabaseError(fmt::format("database '{}' is corrupt: table '{}', column '{}': {}",
                                  database_.impl().connection.path(), table ? table : "?",
                                  column ? column : "?", why));
}

}  // namespace davit::store
