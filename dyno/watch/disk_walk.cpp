#include "dyno/watch/disk_walk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <string_view>

#include "base/unique_fd.hpp"
#include "dyno/limits.hpp"

namespace davit::dyno {
namespace {

constexpr std::uint64_t stat_block_bytes = 512;  // of st_blocks, whatever the file system (stat(2))
constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// By way of a descriptor, so that a link that takes the folder's place meanwhile is not changed.
UniqueFd open_unreadable(int parent, const char* name) {
  const UniqueFd place(::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!place) return UniqueFd();
  ::chmod(fmt::format("/proc/self/fd/{}", place.get()).c_str(), 0700);
  return UniqueFd(::openat(place.get(), ".", folder_flags));
}

}  // namespace

DiskWalk::DiskWalk(std::vector<std::string> folders) : folders_(folders.rbegin(), folders.rend()) {}

// One that is gone takes nothing.
bool DiskWalk::enter_next() {
  while (open_.empty() && !folders_.empty()) {
    const std::string folder = std::move(folders_.back());
    folders_.pop_back();
    enter(AT_FDCWD, folder.c_str());
  }
  return !open_.empty();
}

void DiskWalk::enter(int parent, const char* name) {
  UniqueFd fd(::openat(parent, name, folder_flags));
  if (!fd && errno == EACCES) fd = open_unreadable(parent, name);
  if (!fd) return;  // gone by now
  if (open_.size() >= limits::disk_depth_max) {
    excess_ = fmt::format("folders nest over {} deep", limits::disk_depth_max);
    return;
  }
  if (DIR* dir = ::fdopendir(fd.get())) {
    (void)fd.release();
    open_.emplace_back(dir);
  }
}

void DiskWalk::count(const struct stat& info) {
  if (info.st_nlink > 1 && !S_ISDIR(info.st_mode) && linked_.size() < limits::disk_links_max &&
      !linked_.insert({info.st_dev, info.st_ino}).second) {
    return;
  }
  bytes_ += static_cast<std::uint64_t>(info.st_blocks) * stat_block_bytes;
  if (++entries_ > limits::disk_entries_max) {
    excess_ = fmt::format("it holds over {} files", limits::disk_entries_max);
  }
}

bool DiskWalk::step(std::size_t entries) {
  for (; entries > 0 && excess_.empty() && enter_next(); --entries) {
    const int folder = ::dirfd(open_.back().get());
    const dirent* entry = ::readdir(open_.back().get());
    if (entry == nullptr) {
      open_.pop_back();
      continue;
    }
    const std::string_view name = entry->d_name;
    struct stat info {};
    if (name == "." || name == ".." ||
        ::fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    count(info);
    if (S_ISDIR(info.st_mode)) enter(folder, entry->d_name);
  }
  return (open_.empty() && folders_.empty()) || !excess_.empty();
}

}  // namespace davit::dyno
