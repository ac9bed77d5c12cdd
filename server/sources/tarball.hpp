#pragma once
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/async.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/tree_budget.hpp"

namespace davit::sources {

// How much the tarballs of a user, and of all, take on the disk: true until a file is gone, whoever
// has it. Any thread.
class TarballLedger {
 public:
  struct Limits {
    std::uint64_t all = 0;
    std::uint64_t each = 0;  // of one user
  };
  explicit TarballLedger(Limits limits) : limits_(limits) {}

  // Errors: limit_exceeded (the user's), unavailable (all users').
  Result<> add(const UserId& user, std::uint64_t bytes);
  void remove(const UserId& user, std::uint64_t bytes);
  std::uint64_t total() const;

 private:
  const Limits limits_;
  mutable std::mutex mutex_;
  std::uint64_t total_ = 0;
  std::map<UserId, std::uint64_t> by_user_;
};

// A file for one tarball, written by whoever has it; removed, in the background, when nobody does.
class Tarball {
 public:
  struct Setup {
    std::string path;  // in a folder of the owner's; must not exist
    UserId user;
    TreeBudget::Limits limits;
  };
  // `workers` outlives it.
  Tarball(Setup setup, std::shared_ptr<TarballLedger> ledger, asio::thread_pool& workers);
  ~Tarball();
  Tarball(const Tarball&) = delete;
  Tarball& operator=(const Tarball&) = delete;

  // Before so many more bytes are written; blocking now and then (it looks at the disk). One thread
  // at a time. Errors: too_large, those of the ledger, unavailable (disk).
  Result<> grow(std::uint64_t bytes);
  const std::string& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  const std::string path_;
  const UserId user_;
  const std::uint64_t bytes_max_;
  TreeBudget budget_;
  std::shared_ptr<TarballLedger> ledger_;
  asio::thread_pool& workers_;
  std::uint64_t bytes_ = 0;
};

}  // namespace davit::sources
