#include "server/build/slug_sharing.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>

#include "base/files.hpp"
#include "base/unique_dir.hpp"
#include "base/unique_fd.hpp"
#include "server/build/limits.hpp"

namespace davit::build {
namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int file_flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

// A name that both folders have, with what it is in each.
struct Pair {
  int tree = -1;  // folders
  int slug = -1;
  const char* name = nullptr;
  const std::string* folder = nullptr;  // both folders', from the root; "" or "a/b/"
  struct stat in_tree {};
  struct stat in_slug {};
};
using Visit = std::function<void(const Pair&)>;

ssize_t read_whole(int fd, char* buffer, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const ssize_t more = ::read(fd, buffer + got, size - got);
    if (more <= 0) return more < 0 ? -1 : static_cast<ssize_t>(got);
    got += static_cast<std::size_t>(more);
  }
  return static_cast<ssize_t>(got);
}

bool same_bytes(const Pair& pair) {
  if (pair.in_tree.st_size != pair.in_slug.st_size) return false;
  const UniqueFd one(::openat(pair.tree, pair.name, file_flags));
  const UniqueFd other(::openat(pair.slug, pair.name, file_flags));
  if (!one || !other) return false;
  static thread_local std::array<char, 128 * 1024> left, right;
  for (;;) {
    const ssize_t a = read_whole(one.get(), left.data(), left.size());
    const ssize_t b = read_whole(other.get(), right.data(), right.size());
    if (a < 0 || a != b) return false;
    if (a == 0) return true;
    if (std::memcmp(left.data(), right.data(), static_cast<std::size_t>(a)) != 0) return false;
  }
}

bool same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

// Compiled Python holds its source's time, and Ruby's load cache too: with another they are
// compiled again at each boot.
bool time_matters(std::string_view name) { return name.ends_with(".py") || name.ends_with(".rb"); }

void walk(int tree, int slug, const std::string& folder, std::size_t depth, const Visit& visit) {
  if (depth > limits::tree_depth_max) return;
  const int again = ::openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const UniqueDir dir(again < 0 ? nullptr : ::fdopendir(again));
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    Pair pair{tree, slug, entry->d_name, &folder, {}, {}};
    if (::fstatat(tree, entry->d_name, &pair.in_tree, AT_SYMLINK_NOFOLLOW) != 0 ||
        ::fstatat(slug, entry->d_name, &pair.in_slug, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    if (S_ISREG(pair.in_tree.st_mode) && S_ISREG(pair.in_slug.st_mode)) visit(pair);
    if (!S_ISDIR(pair.in_tree.st_mode) || !S_ISDIR(pair.in_slug.st_mode)) continue;
    const UniqueFd inner(::openat(tree, entry->d_name, folder_flags));
    const UniqueFd beside(::openat(slug, entry->d_name, folder_flags));
    if (!inner || !beside) continue;
    walk(inner.get(), beside.get(), folder + entry->d_name + "/", depth + 1, visit);
  }
}

void walk_both(const std::string& tree, const std::string& slug, const Visit& visit) {
  const auto one = open_file(tree, folder_flags);
  const auto other = open_file(slug, folder_flags);
  if (one && other) walk(one->get(), other->get(), "", 0, visit);
}

// A file, by a folder and a path from it.
struct Place {
  int folder = -1;
  const char* path = nullptr;
};

// By way of a second name: at no time is the file not there. The folder keeps its times.
bool replace_by_link(const Place& file, const Place& with) {
  constexpr const char* between = ".davit-shared";
  struct stat folder {};
  const bool known = ::fstat(file.folder, &folder) == 0;
  if (::linkat(with.folder, with.path, file.folder, between, 0) != 0) return false;
  const bool replaced = ::renameat(file.folder, between, file.folder, file.path) == 0;
  if (!replaced) ::unlinkat(file.folder, between, 0);
  if (known) {
    const timespec times[2] = {folder.st_atim, folder.st_mtim};
    (void)::futimens(file.folder, times);
  }
  return replaced;
}

bool share(const Pair& pair) {
  const struct stat& mine = pair.in_tree;
  const struct stat& theirs = pair.in_slug;
  if (mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev) return false;
  if (mine.st_mode != theirs.st_mode || mine.st_uid != theirs.st_uid ||
      mine.st_gid != theirs.st_gid ||
      (time_matters(pair.name) && !same_time(mine.st_mtim, theirs.st_mtim)) || !same_bytes(pair)) {
    return false;
  }
  return replace_by_link({pair.tree, pair.name}, {pair.slug, pair.name});
}

struct LinkedFiles {
  int slug = -1;
  const Replaced& replaced;
  std::size_t shared = 0;

  void walk(int folder, std::size_t depth) {
    if (depth > limits::tree_depth_max) return;
    const int again = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const UniqueDir dir(again < 0 ? nullptr : ::fdopendir(again));
    if (!dir) return;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      struct stat status {};
      if (name == "." || name == ".." ||
          ::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        continue;
      }
      if (S_ISREG(status.st_mode)) {
        const auto found = replaced.find({status.st_dev, status.st_ino});
        if (found == replaced.end()) continue;
        if (replace_by_link({folder, entry->d_name}, {slug, found->second.c_str()})) ++shared;
      } else if (S_ISDIR(status.st_mode)) {
        const UniqueFd inner(::openat(folder, entry->d_name, folder_flags));
        if (inner) walk(inner.get(), depth + 1);
      }
    }
  }
};

}  // namespace

void inherit_times(const std::string& tree, const std::string& slug) {
  walk_both(tree, slug, [](const Pair& pair) {
    if (!same_bytes(pair)) return;
    const timespec times[2] = {pair.in_slug.st_mtim, pair.in_slug.st_mtim};
    (void)::utimensat(pair.tree, pair.name, times, AT_SYMLINK_NOFOLLOW);
  });
}

Shared share_files(const std::string& tree, const std::string& slug) {
  Shared shared;
  walk_both(tree, slug, [&](const Pair& pair) {
    if (!share(pair)) return;
    ++shared.files;
    if (pair.in_tree.st_nlink < 2) return;
    shared.replaced[{pair.in_tree.st_dev, pair.in_tree.st_ino}] = *pair.folder + pair.name;
  });
  return shared;
}

std::size_t share_linked(const std::string& cache, const std::string& slug,
                         const Replaced& replaced) {
  if (replaced.empty()) return 0;
  const auto from = open_file(slug, folder_flags);
  const auto to = open_file(cache, folder_flags);
  if (!from || !to) return 0;
  LinkedFiles linked{from->get(), replaced};
  linked.walk(to->get(), 0);
  return linked.shared;
}

}  // namespace davit::build
