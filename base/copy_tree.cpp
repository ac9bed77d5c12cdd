#include "base/copy_tree.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/unique_dir.hpp"

namespace davit {
namespace {

// Three descriptors are held per level, of the 1024 that a process may have. Real trees nest less
// than 40 deep.
constexpr std::size_t depth_max = 256;

Error failed(std::string_view what, std::string_view name) {
  return fail_errno(errno, fmt::format("{} '{}'", what, printable(name, 200)));
}

Result<> copy_content(int from, int to, const char* name) {
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
  explicit Copier(const CopyOptions& options) : options_(options) {}

  Result<> folder(int from, int to, const char* name, const struct stat& status,
                  std::size_t depth) const {
    if (depth > depth_max) {
      return fail(Errc::limit_exceeded, "folders nest more than {} deep", depth_max);
    }
    const int again = ::openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const UniqueDir dir(again < 0 ? nullptr : ::fdopendir(again));
    if (!dir) return failed("list", name);
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view part = entry->d_name;
      if (part == "." || part == "..") continue;
      DAVIT_TRY(one(from, to, entry->d_name, depth));
    }
    return finish(to, name, status);
  }

 private:
  Result<> one(int from, int to, const char* name, std::size_t depth) const {
    if (options_.stop.stop_requested()) return fail(Errc::cancelled, "the copy was stopped");
    struct stat status {};
    if (::fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return failed("look at", name);
    if (options_.budget != nullptr) DAVIT_TRY(options_.budget->take_file());
    if (S_ISDIR(status.st_mode)) return subfolder(from, to, name, status, depth);
    if (S_ISREG(status.st_mode)) return file(from, to, name, status);
    if (S_ISLNK(status.st_mode)) return link(from, to, name, status);
    return {};
  }

  Result<> subfolder(int from, int to, const char* name, const struct stat& status,
                     std::size_t depth) const {
    const UniqueFd source(::openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!source) return failed("open", name);
    if (::mkdirat(to, name, 0700) != 0) return failed("make", name);
    const UniqueFd target(::openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!target) return failed("open", name);
    return folder(source.get(), target.get(), name, status, depth + 1);
  }

  Result<> file(int from, int to, const char* name, const struct stat& status) const {
    // Should it have become a FIFO meanwhile, opening it must not wait for a writer.
    const UniqueFd source(::openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!source) return failed("open", name);
    const UniqueFd target(::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!target) return failed("create", name);
    if (options_.budget != nullptr) {
      DAVIT_TRY(options_.budget->take_bytes(static_cast<std::uint64_t>(status.st_size)));
    }
    DAVIT_TRY(copy_content(source.get(), target.get(), name));
    return finish(target.get(), name, status);
  }

  Result<> link(int from, int to, const char* name, const struct stat& status) const {
    char text[PATH_MAX];
    const ssize_t size = ::readlinkat(from, name, text, sizeof text - 1);
    if (size < 0) return failed("read link", name);
    text[size] = '\0';
    if (::symlinkat(text, to, name) != 0) return failed("link", name);
    if (options_.owner &&
        ::fchownat(to, name, *options_.owner, *options_.owner, AT_SYMLINK_NOFOLLOW) != 0) {
      return failed("give away", name);
    }
    const timespec times[2] = {status.st_atim, status.st_mtim};
    (void)::utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
    return {};
  }

  // The mode after the owner: until then nobody else looks in, and chown clears set-uid bits, which
  // a copy must not have anyway.
  Result<> finish(int fd, const char* name, const struct stat& status) const {
    if (options_.owner && ::fchown(fd, *options_.owner, *options_.owner) != 0)
      return failed("give away", name);
    if (::fchmod(fd, status.st_mode & 0777) != 0) return failed("set the mode of", name);
    const timespec times[2] = {status.st_atim, status.st_mtim};
    (void)::futimens(fd, times);
    return {};
  }

  const CopyOptions& options_;
};

}  // namespace

Result<> copy_tree(const std::string& source, const std::string& target,
                   const CopyOptions& options) {
  const auto from = open_file(source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!from) return from.error();
  struct stat status {};
  if (::fstat(from->get(), &status) != 0) return failed("look at", source);
  if (::mkdir(target.c_str(), 0700) != 0) return failed("make", target);
  const auto to = open_file(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!to) return to.error();
  return Copier(options).folder(from->get(), to->get(), source.c_str(), status, 0);
}

}  // namespace davit
