#include "dyno/copy_tree.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string_view>

#include "base/unique_fd.hpp"
#include "dyno/unique_dir.hpp"

namespace davit::dyno {
namespace {

// Descriptors are held per level; a tree deeper than this is no app.
constexpr int depth_max = 200;

class Copier {
 public:
  explicit Copier(Identity owner) : owner_(owner), give_away_(::geteuid() == 0) {}

  Result<> folder(int from, int to, const std::string& name, int depth) {
    if (depth > depth_max) {
      return fail(Errc::too_large, "copy '{}': folders nest over {} deep", name, depth_max);
    }
    const UniqueDir dir(
        ::fdopendir(::openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    if (!dir) return fail_errno(errno, fmt::format("read '{}'", name));
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view part = entry->d_name;
      if (part != "." && part != "..") DAVIT_TRY(this->entry(from, to, std::string(part), depth));
    }
    return finish(to);
  }

 private:
  Result<> entry(int from, int to, const std::string& name, int depth) {
    struct stat info {};
    if (::fstatat(from, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return fail_errno(errno, fmt::format("look at '{}'", name));
    }
    if (S_ISLNK(info.st_mode)) return link(from, to, name);
    if (S_ISREG(info.st_mode)) return file(from, to, name, info);
    if (!S_ISDIR(info.st_mode)) return {};
    const UniqueFd source(
        ::openat(from, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!source || ::mkdirat(to, name.c_str(), 0700) != 0) {
      return fail_errno(errno, fmt::format("copy folder '{}'", name));
    }
    const UniqueFd target(
        ::openat(to, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!target) return fail_errno(errno, fmt::format("copy folder '{}'", name));
    DAVIT_TRY(folder(source.get(), target.get(), name, depth + 1));
    ::fchmod(target.get(), info.st_mode & 0777);
    return {};
  }

  Result<> link(int from, int to, const std::string& name) {
    char text[PATH_MAX];
    const ssize_t length = ::readlinkat(from, name.c_str(), text, sizeof text - 1);
    if (length < 0) return fail_errno(errno, fmt::format("read link '{}'", name));
    text[length] = '\0';
    if (::symlinkat(text, to, name.c_str()) != 0) {
      return fail_errno(errno, fmt::format("copy link '{}'", name));
    }
    if (give_away_) ::fchownat(to, name.c_str(), owner_.uid, owner_.gid, AT_SYMLINK_NOFOLLOW);
    return {};
  }

  Result<> file(int from, int to, const std::string& name, const struct stat& info) {
    const UniqueFd source(
        ::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    const UniqueFd target(
        ::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!source || !target) return fail_errno(errno, fmt::format("copy file '{}'", name));
    if (::ioctl(target.get(), FICLONE, source.get()) != 0) {
      DAVIT_TRY(content(source.get(), target.get(), name));
    }
    DAVIT_TRY(finish(target.get()));
    ::fchmod(target.get(), info.st_mode & 0777);
    return {};
  }

  static Result<> content(int source, int target, const std::string& name) {
    for (;;) {
      const ssize_t count = ::sendfile(target, source, nullptr, 1 << 30);
      if (count == 0) return {};
      if (count < 0 && errno != EINTR)
        return fail_errno(errno, fmt::format("copy file '{}'", name));
    }
  }

  Result<> finish(int fd) const {
    if (give_away_ && ::fchown(fd, owner_.uid, owner_.gid) != 0) {
      return fail_errno(errno, fmt::format("give a copy to user {}", owner_.uid));
    }
    return {};
  }

  Identity owner_;
  bool give_away_;
};

}  // namespace

Result<> copy_tree(const std::string& source, const std::string& target, Identity owner) {
  const UniqueFd from(::open(source.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!from) return fail_errno(errno, fmt::format("open '{}'", source));
  if (::mkdir(target.c_str(), 0755) != 0)
    return fail_errno(errno, fmt::format("make '{}'", target));
  const UniqueFd to(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!to) return fail_errno(errno, fmt::format("open '{}'", target));
  return Copier(owner).folder(from.get(), to.get(), source, 0);
}

}  // namespace davit::dyno
