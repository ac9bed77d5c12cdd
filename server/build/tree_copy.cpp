#include "server/build/tree_copy.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "server/build/limits.hpp"

namespace davit::build {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Error failed(std::string_view what, std::string_view name) {
  return fail_errno(errno, fmt::format("{} '{}'", what, printable(name, 200)));
}

Result<> copy_content(int from, int to, std::string_view name) {
  if (::ioctl(to, FICLONE, from) == 0) return {};
  constexpr std::size_t part_bytes = 64 * 1024 * 1024;
  for (;;) {
    const ssize_t got = ::copy_file_range(from, nullptr, to, nullptr, part_bytes, 0);
    if (got == 0) return {};
    if (got > 0 || errno == EINTR) continue;
    break;
  }
  // Not every file system can; what was copied so far stays, both offsets have moved.
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", name);
    if (got == 0) return {};
    DAVIT_TRY(write_all(to, {buffer, static_cast<std::size_t>(got)}));
  }
}

class Copier {
 public:
  explicit Copier(std::optional<std::uint32_t> uid) : uid_(uid) {}

  Result<> folder(int from, int to, std::size_t depth) {
    if (depth > limits::tree_depth_max * 2) {
      return fail(Errc::limit_exceeded, "folders nest more than {} deep",
                  limits::tree_depth_max * 2);
    }
    const int again = ::openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::unique_ptr<DIR, CloseDir> dir(again < 0 ? nullptr : ::fdopendir(again));
    if (!dir) return failed("list", ".");
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      DAVIT_TRY(one(from, to, entry->d_name, depth));
    }
    return {};
  }

  Result<> finish(int to, const char* name, const struct stat& status) const {
    if (uid_ && ::fchownat(to, name, *uid_, *uid_, AT_SYMLINK_NOFOLLOW) != 0) {
      return failed("chown", name);
    }
    // After the owner: chown clears set-uid bits, which a copy must not have anyway.
    if (!S_ISLNK(status.st_mode) && ::fchmodat(to, name, status.st_mode & 0777, 0) != 0) {
      return failed("chmod", name);
    }
    const timespec times[2] = {status.st_atim, status.st_mtim};
    (void)::utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
    return {};
  }

 private:
  Result<> one(int from, int to, const char* name, std::size_t depth) {
    struct stat status {};
    if (::fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return failed("stat", name);
    if (S_ISDIR(status.st_mode)) return subfolder(from, to, name, status, depth);
    if (S_ISREG(status.st_mode)) return file(from, to, name, status);
    if (S_ISLNK(status.st_mode)) return link(from, to, name, status);
    return {};
  }

  Result<> subfolder(int from, int to, const char* name, const struct stat& status,
                     std::size_t depth) {
    if (::mkdirat(to, name, 0700) != 0) return failed("mkdir", name);
    UniqueFd source(::openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    UniqueFd target(::openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!source || !target) return failed("open", name);
    DAVIT_TRY(folder(source.get(), target.get(), depth + 1));
    return finish(to, name, status);
  }

  Result<> file(int from, int to, const char* name, const struct stat& status) {
    UniqueFd source(::openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!source) return failed("open", name);
    UniqueFd target(::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!target) return failed("create", name);
    DAVIT_TRY(copy_content(source.get(), target.get(), name));
    return finish(to, name, status);
  }

  Result<> link(int from, int to, const char* name, const struct stat& status) {
    char text[4096];
    const ssize_t size = ::readlinkat(from, name, text, sizeof text - 1);
    if (size < 0) return failed("read link", name);
    text[size] = '\0';
    if (::symlinkat(text, to, name) != 0) return failed("link", name);
    return finish(to, name, status);
  }

  std::optional<std::uint32_t> uid_;
};

}  // namespace

Result<> copy_tree(const std::string& source, const std::string& target,
                   std::optional<std::uint32_t> uid) {
  auto from = open_file(source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!from) return std::move(from).error();
  struct stat status {};
  if (::fstat(from->get(), &status) != 0) return failed("stat", source);
  if (::mkdir(target.c_str(), 0700) != 0) return failed("mkdir", target);
  auto to = open_file(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!to) return std::move(to).error();
  Copier copier(uid);
  DAVIT_TRY(copier.folder(from->get(), to->get(), 0));
  return copier.finish(AT_FDCWD, target.c_str(), status);
}

}  // namespace davit::build
