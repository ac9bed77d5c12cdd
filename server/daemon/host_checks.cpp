#include "server/daemon/host_checks.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace davit {
namespace {

constexpr std::uint64_t mb = 1024 * 1024;
// Below that the next push is likely to fail: a build with its cache and slug takes some 500 MB.
constexpr std::uint64_t disk_free_min = 1024 * mb;
constexpr std::uint64_t inodes_free_min = 50'000;  // a Node.js app has about that many files

}  // namespace

api::Check check_disk(const Paths& paths) {
  api::Check check{"disk", false, {}, "free space on that file system, or give Davit a larger one"};
  struct statvfs status {};
  if (::statvfs(paths.data.c_str(), &status) != 0) {
    check.detail = fmt::format("'{}': {}", paths.data, std::generic_category().message(errno));
    return check;
  }
  const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
  // File systems without a fixed number of inodes say 0 of 0.
  const bool inodes_left = status.f_files == 0 || status.f_favail >= inodes_free_min;
  check.ok = free >= disk_free_min && inodes_left;
  check.detail = fmt::format("{} MB free at '{}'{}", free / mb, paths.data,
                             inodes_left ? "" : ", but hardly any file may be added");
  return check;
}

api::Check check_secrets(const Paths& paths) {
  api::Check check{"secrets", true, "the key file is its owner's alone", {}};
  struct stat status {};
  const std::string key = paths.master_key();
  if (::stat(key.c_str(), &status) != 0) {
    return {"secrets", false, fmt::format("'{}': {}", key, std::generic_category().message(errno)),
            "put the key file back from a backup: without it no config var can be read"};
  }
  if ((status.st_mode & 077) == 0 && status.st_uid == ::geteuid()) return check;
  return {"secrets", false, fmt::format("'{}' can be read by others than davitd", key),
          fmt::format("chmod 0600 '{}' and let davitd's user own it", key)};
}

api::Check check_program(const std::string& path, const std::string& why) {
  if (::access(path.c_str(), X_OK) == 0) return {path, true, "is there", {}};
  return {path, false, "is not there: " + why, "install it"};
}

api::Check judge_memory(std::uint64_t promised, std::uint64_t machine) {
  api::Check check{"memory", promised <= machine, {}, {}};
  check.detail = fmt::format("all dynos together may use {} MB of the machine's {} MB",
                             promised / mb, machine / mb);
  check.fix =
      "scale down, choose smaller sizes with `davit ps:type`, or add memory or swap: when all of "
      "them take what they may, the kernel kills some";
  return check;
}

}  // namespace davit
