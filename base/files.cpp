#include "base/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

namespace davit {
namespace fs = std::filesystem;

Result<UniqueFd> open_file(const fs::path& path, int flags, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) return fail_errno(errno, fmt::format("open '{}'", path.string()));
  return fd;
}

Result<> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::string> read_file(const fs::path& path, std::size_t bytes_max) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd) return std::move(fd).error();
  std::string content;
  char part[16384];
  for (;;) {
    const ssize_t got = ::read(fd->get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, fmt::format("read '{}'", path.string()));
    if (got == 0) return content;
    content.append(part, static_cast<std::size_t>(got));
    if (content.size() > bytes_max) {
      return fail(Errc::too_large, "'{}' is larger than {} bytes", path.string(), bytes_max);
    }
  }
}

Result<> write_file_atomic(const fs::path& path, std::string_view content, mode_t mode) {
  const fs::path temporary = path.string() + ".tmp";
  {
    auto fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
    if (!fd) return std::move(fd).error();
    if (::fchmod(fd->get(), mode) != 0) {
      return fail_errno(errno, fmt::format("chmod '{}'", temporary.string()));
    }
    DAVIT_TRY(write_all(fd->get(), content));
    if (::fsync(fd->get()) != 0) {
      return fail_errno(errno, fmt::format("fsync '{}'", temporary.string()));
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return fail_errno(errno, fmt::format("rename '{}'", temporary.string()));
  }
  auto folder =
      open_file(path.parent_path().empty() ? "." : path.parent_path(), O_RDONLY | O_DIRECTORY);
  if (!folder) return std::move(folder).error();
  if (::fsync(folder->get()) != 0) return fail_errno(errno, "fsync folder");
  return {};
}

Result<> make_directories(const fs::path& path, mode_t mode) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) return {};
  if (path.has_parent_path() && path.parent_path() != path) {
    DAVIT_TRY(make_directories(path.parent_path(), 0755));
  }
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return fail_errno(errno, fmt::format("mkdir '{}'", path.string()));
  }
  return {};
}

namespace {
constexpr int unreadable_levels_max = 64;
}

Result<> remove_tree(const fs::path& path) {
  std::error_code ec;
  fs::remove_all(path, ec);
  if (!ec) return {};
  // A folder without its owner's bits stops us where we are not root: give them back, then try
  // again. A walk does not enter what was unreadable when it came there, so each pass reaches one
  // level deeper (an overlay's work folder has three such levels).
  for (int pass = 0; ec && pass < unreadable_levels_max; ++pass) {
    ::nftw(
        path.c_str(),
        [](const char* entry, const struct stat*, int type, struct FTW*) {
          if (type == FTW_D || type == FTW_DNR) ::chmod(entry, 0700);
          return 0;
        },
        16, FTW_PHYS);
    fs::remove_all(path, ec);
  }
  if (ec) return fail(Errc::io, "remove '{}': {}", path.string(), ec.message());
  return {};
}

Result<std::uint64_t> tree_bytes(const fs::path& path) {
  std::uint64_t bytes = 0;
  std::error_code ec;
  fs::recursive_directory_iterator it(path, ec);
  if (ec) return fail(Errc::io, "measure '{}': {}", path.string(), ec.message());
  for (const auto end = fs::recursive_directory_iterator(); it != end; it.increment(ec)) {
    if (ec) return fail(Errc::io, "measure '{}': {}", path.string(), ec.message());
    struct stat status {};
    if (::lstat(it->path().c_str(), &status) == 0) {
      bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
  }
  return bytes;
}

}  // namespace davit
