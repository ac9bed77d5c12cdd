#include "server/sources/shelf.hpp"

#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/log.hpp"

namespace davit::sources {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view incoming_start = "incoming-";

// When it was used last is the folder's time: it survives a restart.
void touch(const std::string& path) { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

std::int64_t used_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return 0;
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

void drop(const std::string& path) {
  const Result<> removed = remove_tree(path);
  if (!removed) log::warning("a kept source stays", {{"error", removed.error().message}});
}

}  // namespace

std::string shelf_key(const std::string& location, const std::string& identity) {
  const std::string text = location + "\n" + identity;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return hex_encode({reinterpret_cast<const char*>(digest), 20});
}

Shelf::Shelf(std::string folder, std::uint64_t bytes_max)
    : folder_(std::move(folder)), bytes_max_(bytes_max) {}

// With the lock.
void Shelf::read_folder() {
  if (std::exchange(read_, true)) return;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder_, ec)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(incoming_start)) {
      drop(entry.path());  // of a davitd that was killed
    } else if (const auto bytes = tree_bytes(entry.path()); bytes) {
      entries_[name].bytes = *bytes;
    }
  }
}

Shelf::Item Shelf::take(const std::string& key) {
  Entry& entry = entries_[key];
  auto lease = entry.lease.lock();
  if (!lease) entry.lease = lease = std::make_shared<const int>(0);
  touch(path_of(key));
  return {path_of(key), std::move(lease)};
}

std::optional<Shelf::Item> Shelf::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  read_folder();
  if (!entries_.contains(key)) return std::nullopt;
  return take(key);
}

Result<Shelf::Item> Shelf::put(const std::string& key, const std::string& made) {
  const auto bytes = tree_bytes(made);
  if (!bytes) return bytes.error();
  // What stands on the shelf counts as whole, after a power failure too.
  if (const auto fd = open_file(made, O_RDONLY | O_DIRECTORY); fd) ::syncfs(fd->get());
  const std::lock_guard lock(mutex_);
  read_folder();
  if (entries_.contains(key)) {
    drop(made);
    return take(key);
  }
  if (std::rename(made.c_str(), path_of(key).c_str()) != 0) {
    return fail_errno(errno, fmt::format("move '{}'", made));
  }
  entries_[key].bytes = *bytes;
  Item item = take(key);
  make_room();
  return item;
}

Result<std::string> Shelf::incoming() {
  {
    const std::lock_guard lock(mutex_);
    DAVIT_TRY(make_directories(folder_, 0700));
    read_folder();
  }
  std::string path = fmt::format("{}/{}XXXXXX", folder_, incoming_start);
  if (::mkdtemp(path.data()) == nullptr) {
    return fail_errno(errno, fmt::format("make a folder in '{}'", folder_));
  }
  return path;
}

void Shelf::make_room() {
  std::uint64_t total = 0;
  std::multimap<std::int64_t, std::string> free;  // by age
  for (const auto& [key, entry] : entries_) {
    total += entry.bytes;
    if (entry.lease.expired()) free.emplace(used_at(path_of(key)), key);
  }
  for (const auto& [age, key] : free) {
    if (total <= bytes_max_) return;
    total -= entries_[key].bytes;
    entries_.erase(key);
    // First aside: half of one that a kill left behind must not count as whole.
    const std::string aside = fmt::format("{}/{}{}", folder_, incoming_start, key);
    const bool moved = std::rename(path_of(key).c_str(), aside.c_str()) == 0;
    drop(moved ? aside : path_of(key));
  }
}

}  // namespace davit::sources
