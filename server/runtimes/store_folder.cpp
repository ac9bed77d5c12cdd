#include "server/runtimes/store_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "server/runtimes/limits.hpp"

namespace davit::runtimes {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view unfinished_prefix = ".new-";
constexpr const char* pin_suffix = ".pinned";

WallTime time_of(const struct stat& status) {
  return WallTime(std::chrono::seconds(status.st_mtim.tv_sec) +
                  std::chrono::microseconds(status.st_mtim.tv_nsec / 1000));
}

bool readable_by_all(const std::string& folder) { return ::chmod(folder.c_str(), 0755) == 0; }

Result<> sync_folder(const std::string& folder) {
  auto fd = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return std::move(fd).error();
  if (::fsync(fd->get()) != 0) return fail_errno(errno, fmt::format("fsync '{}'", folder));
  return {};
}

}  // namespace

std::vector<Stored> StoreFolder::list() const {
  std::vector<Stored> all;
  std::error_code ec;
  for (const auto& language : fs::directory_iterator(folder_, ec)) {
    if (find_language(language.path().filename().string()) == nullptr) continue;
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(language.path(), unreadable)) {
      const auto version = Version::parse(entry.path().filename().string());
      struct stat status {};
      if (!version || ::lstat(entry.path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        continue;
      }
      const bool pinned = ::access((entry.path().string() + pin_suffix).c_str(), F_OK) == 0;
      all.push_back({language.path().filename(), *version, pinned, time_of(status), 0});
    }
  }
  std::ranges::sort(all, [](const Stored& left, const Stored& right) {
    if (left.language != right.language) return left.language < right.language;
    return left.version < right.version;
  });
  return all;
}

std::vector<Stored> StoreFolder::list_with_sizes() const {
  auto all = list();
  for (Stored& one : all) {
    const auto bytes = tree_bytes(path_of(one.language, one.version));
    if (bytes) one.bytes = *bytes;
  }
  return all;
}

Result<> StoreFolder::add(const std::string& language, const Version& version, const Fill& fill) {
  const std::string target = path_of(language, version);
  if (::access(target.c_str(), F_OK) == 0) {
    return fail(Errc::conflict, "{} {} is in the store already", language, version.str());
  }
  const std::string parent = folder_ + "/" + language;
  DAVIT_TRY(make_directories(parent, 0755));
  const std::string unfinished =
      fmt::format("{}/{}{}", parent, unfinished_prefix, hex_encode(random_.bytes(8)));
  DAVIT_TRY(make_directories(unfinished, 0755));
  if (!readable_by_all(folder_) || !readable_by_all(parent) || !readable_by_all(unfinished)) {
    return fail_errno(errno, fmt::format("chmod '{}'", unfinished));
  }
  auto filled = fill(unfinished);
  if (filled) {
    // All of its files at once; then the rename is what makes it exist.
    const auto fd = open_file(unfinished, O_RDONLY | O_DIRECTORY);
    if (!fd || ::syncfs(fd->get()) != 0) filled = fail_errno(errno, "write the runtime to disk");
  }
  if (filled && ::rename(unfinished.c_str(), target.c_str()) != 0) {
    filled = fail_errno(errno, fmt::format("move the runtime to '{}'", target));
  }
  if (filled) return sync_folder(parent);
  (void)remove_tree(unfinished);
  return filled;
}

Result<> StoreFolder::pin(const std::string& language, const Version& version) {
  return write_file_atomic(path_of(language, version) + pin_suffix, "", 0644);
}

Result<> StoreFolder::remove(const std::string& language, const Version& version) {
  const std::string path = path_of(language, version);
  if (::access(path.c_str(), F_OK) != 0) {
    return fail(Errc::not_found, "{} {} is not in the store; `davit admin runtimes` lists what is",
                language, version.str());
  }
  // Out of sight in one step: nobody finds a part of it.
  const std::string doomed =
      fmt::format("{}/{}/{}{}", folder_, language, unfinished_prefix, hex_encode(random_.bytes(8)));
  if (::rename(path.c_str(), doomed.c_str()) != 0) {
    return fail_errno(errno, fmt::format("move '{}' away", path));
  }
  (void)::unlink((path + pin_suffix).c_str());
  return remove_tree(doomed);
}

void StoreFolder::mark_used(const std::string& language, const Version& version) const {
  const auto now = clock_.wall().time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const timespec at{seconds.count(), 0};
  const timespec times[2] = {at, at};
  (void)::utimensat(AT_FDCWD, path_of(language, version).c_str(), times, 0);
}

void StoreFolder::clean_leftovers() const {
  std::error_code ec;
  for (const auto& language : fs::directory_iterator(folder_, ec)) {
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(language.path(), unreadable)) {
      if (!entry.path().filename().string().starts_with(unfinished_prefix)) continue;
      const auto removed = remove_tree(entry.path());
      if (!removed) log::warning("unfinished runtime stays", {{"why", removed.error().message}});
    }
  }
}

std::vector<RuntimeName> StoreFolder::sweep(const std::set<RuntimeName>& referenced,
                                            std::uint64_t bytes_max) {
  auto all = list_with_sizes();
  std::uint64_t bytes = 0;
  for (const Stored& one : all) bytes += one.bytes;
  std::ranges::sort(all, {}, &Stored::used_at);
  std::vector<RuntimeName> gone;
  for (const Stored& one : all) {
    if (bytes <= bytes_max) break;
    const RuntimeName name{one.language, one.version.str()};
    const bool kept = one.pinned || referenced.contains(name) ||
                      one.used_at + limits::unreferenced_kept > clock_.wall();
    if (kept || !remove(one.language, one.version)) continue;
    bytes -= std::min(bytes, one.bytes);
    gone.push_back(name);
  }
  return gone;
}

}  // namespace davit::runtimes
