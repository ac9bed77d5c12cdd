#pragma once
#include <span>

#include "base/result.hpp"
#include "store/connection.hpp"

// Internal to store/.
namespace davit::store {

// A step of the schema. Its script ends by setting user_version to its number.
struct Migration {
  int number;
  const char* name;
  const char* sql;
};

std::span<const Migration> released_migrations();  // of davit.db: numbered from 1, without gaps
std::span<const Migration> metrics_migrations();   // of metrics.db, likewise

// Brings the database to the last of `migrations`; each step is one transaction. Before an existing
// database is changed, a copy of it is made beside it: "<path>.before-NNNN", NNNN being the first
// new step. Errors: invalid_argument (not a Davit database), conflict (of a newer Davit). Throws
// DatabaseError.
Result<> migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace davit::store
