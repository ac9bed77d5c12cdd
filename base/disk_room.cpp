#include "base/disk_room.hpp"

#include <sys/statvfs.h>

#include <cerrno>

namespace davit {

Result<std::uint64_t> free_disk_bytes(const std::string& path) {
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) {
    return fail_errno(errno, fmt::format("look at the disk of '{}'", path));
  }
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

Result<> check_disk_room(const std::string& path, std::uint64_t reserve_bytes) {
  const auto left = free_disk_bytes(path);
  if (!left) return left.error();
  if (*left >= reserve_bytes) return {};
  return fail(Errc::unavailable,
              "the server's disk is nearly full ({} MB left); remove old apps or ask its admin",
              *left / 1'000'000);
}

}  // namespace davit
