#pragma once
#include <memory>
#include <string>

#include "base/result.hpp"

namespace davit::store {

class Vault;
class Statement;

// The one connection to davit.db. Used by the store thread only (davitd runs every store call
// through run_blocking(store_pool, …), a pool of one thread). WAL, synchronous=FULL, foreign keys,
// STRICT tables: a call that returned is on disk. A broken database (I/O error, corruption) is an
// exception; an expected refusal a Result.
class Database {
 public:
  // Opens or creates, checks the schema's version, takes a snapshot beside the file
  // (davit.db.before-NNNN) before migrating, migrates. A database of a newer Davit is refused.
  // vault must outlive it.
  static Result<std::unique_ptr<Database>> open(const std::string& path, const Vault& vault);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  int schema_version() const;
  // SQLite's own look at the whole file: the first fault, or empty. Reads all of it.
  std::string first_fault();
  const Vault& vault() const;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// BEGIN IMMEDIATE … COMMIT; rolls back unless committed. Nests by savepoints. Stores open their own
// where one call writes several rows; open one outside to join several calls.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  int depth_ = 0;
  bool open_ = true;
};

}  // namespace davit::store
