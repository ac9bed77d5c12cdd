#include "base/tree_file.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.hpp"

namespace davit {
namespace {

// For kernels and sandboxes without openat2(2): follows no link at all.
int open_without_links(int root, std::string_view path, int flags) {
  UniqueFd folder(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  while (folder) {
    const std::size_t slash = path.find('/');
    const std::string part(path.substr(0, slash));
    if (part.empty() || part == "." || part == "..") {
      errno = EXDEV;
      return -1;
    }
    if (slash == std::string_view::npos) {
      return ::openat(folder.get(), part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC);
    }
    folder.reset(::openat(folder.get(), part.c_str(), O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    path.remove_prefix(slash + 1);
  }
  return -1;
}

Result<UniqueFd> open_folder(const std::string& path) {
  return open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

}  // namespace

Result<UniqueFd> open_beneath(int root, std::string_view path, int flags) {
  const std::string name(path);
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  auto fd = static_cast<int>(::syscall(SYS_openat2, root, name.c_str(), &how, sizeof how));
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) fd = open_without_links(root, path, flags);
  if (fd >= 0) return UniqueFd(fd);
  if (errno == EXDEV || errno == ELOOP) {
    return fail(Errc::forbidden, "'{}' is a link that leaves the app's folder", name);
  }
  return fail_errno(errno, fmt::format("open '{}'", name));
}

Result<std::optional<std::string>> read_beneath(const std::string& root, std::string_view path,
                                                std::size_t bytes_max) {
  auto folder = open_folder(root);
  if (!folder) return std::move(folder).error();
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  auto fd = open_beneath(folder->get(), path, O_RDONLY | O_NONBLOCK);
  if (!fd) {
    if (fd.error().code == Errc::not_found) return std::optional<std::string>();
    return std::move(fd).error();
  }
  struct stat status {};
  if (::fstat(fd->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(Errc::invalid_argument, "'{}' is not a file", path);
  }
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max) {
    return fail(Errc::too_large, "'{}' is larger than {} bytes", path, bytes_max);
  }
  std::string content(bytes_max, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(fd->get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, fmt::format("read '{}'", path));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return std::optional<std::string>(std::move(content));
}

Result<> write_beneath(const std::string& root, const NewFile& file) {
  auto folder = open_folder(root);
  if (!folder) return std::move(folder).error();
  if (!file.folder.empty()) {
    const char* name = file.folder.c_str();
    if (::mkdirat(folder->get(), name, 0755) == 0) {
      if (file.uid &&
          ::fchownat(folder->get(), name, *file.uid, *file.uid, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail_errno(errno, fmt::format("chown '{}'", file.folder));
      }
    } else if (errno != EEXIST) {
      return fail_errno(errno, fmt::format("mkdir '{}'", file.folder));
    }
    UniqueFd inner(::openat(folder->get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!inner) return fail_errno(errno, fmt::format("open '{}'", file.folder));
    *folder = std::move(inner);
  }
  if (::unlinkat(folder->get(), file.name.c_str(), 0) != 0 && errno != ENOENT) {
    return fail_errno(errno, fmt::format("replace '{}'", file.name));
  }
  UniqueFd fd(::openat(folder->get(), file.name.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, fmt::format("create '{}'", file.name));
  DAVIT_TRY(write_all(fd.get(), file.content));
  if (file.uid && ::fchown(fd.get(), *file.uid, *file.uid) != 0) {
    return fail_errno(errno, fmt::format("chown '{}'", file.name));
  }
  return {};
}

Result<> check_real_directory(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return fail_errno(errno, fmt::format("stat '{}'", path));
  if (!S_ISDIR(status.st_mode)) {
    return fail(Errc::invalid_argument, "'{}' is no longer a folder", path);
  }
  return {};
}

}  // namespace davit
