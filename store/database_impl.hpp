#pragma once
#include "base/unique_fd.hpp"
#include "store/connection.hpp"
#include "store/database.hpp"

// Internal to store/.
namespace davit::store {

struct Database::Impl {
  Impl(UniqueFd lock_fd, const std::string& path, const Vault& key)
      : lock(std::move(lock_fd)), connection(path), vault(key) {}
  UniqueFd lock;  // first member: given up last
  Connection connection;
  const Vault& vault;
  int depth = 0;  // open Transactions
};

}  // namespace davit::store
