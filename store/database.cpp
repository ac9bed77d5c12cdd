#include "store/database.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/ensure.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "store/database_impl.hpp"
#include "store/migrations.hpp"
#include "store/statement.hpp"
#include "store/vault.hpp"

namespace davit::store {
namespace fs = std::filesystem;
namespace {

// One davitd per database. A lock file of our own rather than PRAGMA locking_mode=EXCLUSIVE: that
// one rests on fcntl locks, which any close of the file in this process drops, and it would keep an
// administrator's `sqlite3` and backup tools out. The file stays: removing it would let two
// processes lock two different files.
Result<UniqueFd> lock_database(const std::string& path) {
  const std::string name = path + ".lock";
  auto fd = open_file(name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!fd) return fd;
  if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
    const auto owner = read_file(name, 64);
    return fail(Errc::conflict, "database '{}' is in use by process {}; stop that davitd first",
                path, owner && !owner->empty() ? *owner : "of another davitd");
  }
  if (::ftruncate(fd->get(), 0) != 0) return fail_errno(errno, fmt::format("truncate '{}'", name));
  DAVIT_TRY(write_all(fd->get(), std::to_string(::getpid())));
  return fd;
}

// Created by us, because SQLite would make it (and after it the WAL) readable by all.
Result<> prepare_file(const std::string& path) {
  const fs::path folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : ".";
  DAVIT_TRY(make_directories(folder, 0700));
  auto fd = open_file(path, O_RDWR | O_CREAT, 0600);
  if (!fd) return std::move(fd).error();
  if (::fchmod(fd->get(), 0600) != 0) return fail_errno(errno, fmt::format("chmod '{}'", path));
  auto parent = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!parent) return std::move(parent).error();
  if (::fsync(parent->get()) != 0) return fail_errno(errno, fmt::format("fsync '{}'", path));
  return {};
}

constexpr std::string_view key_check_text = "davit";

// A lost or exchanged key file is noticed now and not when the first config var is read.
Result<> check_key(Database& database) {
  const std::string& path = database.impl().connection.path();
  Statement stored(database, "SELECT value FROM meta WHERE name = 'key_check'");
  if (stored.next()) {
    const auto opened = database.vault().unseal(stored.get<Blob>().bytes);
    if (opened && *opened == key_check_text) return {};
    return fail(Errc::corrupt,
                "database '{}' was written with another key file than the one given; put back the "
                "key file that belongs to it",
                path);
  }
  Statement used(database, "SELECT 1 FROM apps LIMIT 1");
  if (used.next()) {
    return fail(Errc::corrupt, "database '{}' has apps but no key check; put back a backup", path);
  }
  Statement add(database, "INSERT INTO meta (name, value) VALUES ('key_check', ?)");
  add.bind(Blob{database.vault().seal(key_check_text)}).run();
  return {};
}

}  // namespace

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Database::~Database() { ensure(impl_->depth == 0, "a database outlives its transactions"); }

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const Vault& vault) {
  DAVIT_TRY(prepare_file(path));
  auto lock = lock_database(path);
  if (!lock) return std::move(lock).error();
  try {
    auto impl = std::make_unique<Impl>(std::move(*lock), path, vault);
    DAVIT_TRY(migrate(impl->connection, released_migrations()));
    std::unique_ptr<Database> database(new Database(std::move(impl)));
    DAVIT_TRY(check_key(*database));
    return database;
  } catch (const DatabaseError& error) {
    return fail(Errc::corrupt, "{}; put back a backup if it stays so", error.what());
  }
}

int Database::schema_version() const {
  return static_cast<int>(impl_->connection.number("PRAGMA user_version"));
}

std::string Database::first_fault() {
  try {
    Statement check(*this, "PRAGMA quick_check(1)");
    if (!check.next()) return "the check gave no answer";
    const auto answer = check.get<std::string>();
    return answer == "ok" ? std::string() : answer;
  } catch (const DatabaseError& error) {
    return error.what();
  }
}

const Vault& Database::vault() const { return impl_->vault; }

Transaction::Transaction(Database& database) : database_(database) {
  auto& impl = database_.impl();
  impl.connection.execute(impl.depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT nested");
  depth_ = ++impl.depth;
}

Transaction::~Transaction() {
  auto& impl = database_.impl();
  if (!open_) return;
  ensure(impl.depth == depth_, "transactions end in the reverse order of their beginning");
  --impl.depth;
  // SQLite may have rolled all of it back by itself (disk full, I/O error).
  if (!impl.connection.in_transaction()) return;
  try {
    impl.connection.execute(depth_ == 1 ? "ROLLBACK" : "ROLLBACK TO nested; RELEASE nested");
  } catch (const DatabaseError& error) {
    log::error("rollback failed", {{"error", error.what()}});
  }
}

void Transaction::commit() {
  auto& impl = database_.impl();
  ensure(open_, "a transaction is committed once");
  ensure(impl.depth == depth_, "transactions end in the reverse order of their beginning");
  impl.connection.execute(depth_ == 1 ? "COMMIT" : "RELEASE nested");
  open_ = false;
  --impl.depth;
}

}  // namespace davit::store
