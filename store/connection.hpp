#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

// Internal to store/.
namespace davit::store {

// A broken database: I/O error, full disk, corruption, or a constraint that our own checks should
// have kept. The text names the file, never a bound value.
class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct CloseConnection {
  void operator()(sqlite3* handle) const;
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* handle) const;
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// One SQLite connection with its prepared statements. One thread at a time.
class Connection {
 public:
  // Does not write to the file yet, so that a foreign or newer database stays as it is. Throws
  // DatabaseError.
  explicit Connection(std::string path);

  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_.get(); }

  void execute(const char* script);        // constant SQL without parameters, several statements
  std::int64_t number(const char* query);  // first column of the only row
  bool in_transaction() const;

  // A prepared statement that nobody else is using; sql lives as long as the program. Give it back
  // with put_back.
  StatementHandle borrow(std::string_view sql);
  void put_back(std::string_view sql, StatementHandle statement) noexcept;

  [[noreturn]] void raise(std::string_view what) const;  // DatabaseError with SQLite's own text

 private:
  std::string path_;
  std::unique_ptr<sqlite3, CloseConnection> handle_;
  std::unordered_map<std::string_view, StatementHandle> idle_;  // after handle_: finalized first
};

}  // namespace davit::store
