#include "server/build/build_cache.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/copy_tree.hpp"
#include "base/files.hpp"
#include "base/log.hpp"

namespace davit::build {

Result<> BuildCache::clone_to(const AppId& app, const std::string& target,
                              std::optional<std::uint32_t> uid) const {
  const std::string path = path_of(app);
  if (::access(path.c_str(), F_OK) == 0) {
    const Result<> copied = copy_tree(path, target, uid);
    if (copied) return {};
    log::warning("build cache dropped: it cannot be copied",
                 {{"app", app.str()}, {"error", copied.error().message}});
    DAVIT_TRY(remove_tree(target));
  }
  if (::mkdir(target.c_str(), 0755) != 0) {
    return fail_errno(errno, fmt::format("mkdir '{}'", target));
  }
  if (uid && ::lchown(target.c_str(), *uid, *uid) != 0) {
    return fail_errno(errno, fmt::format("chown '{}'", target));
  }
  return {};
}

Result<> BuildCache::commit(const AppId& app, int parent, const std::string& name,
                            const std::string& trash) const {
  struct stat status {};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISDIR(status.st_mode)) {
    return fail(Errc::invalid_argument, "the build replaced its cache folder");
  }
  DAVIT_TRY(make_directories(folder_, 0700));
  const std::string path = path_of(app);
  // Exchanged in one step: a crash leaves the old cache or the new one.
  if (::renameat2(parent, name.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) {
    (void)::renameat(parent, name.c_str(), AT_FDCWD, trash.c_str());
    return {};
  }
  if (errno == EINVAL || errno == ENOSYS) {
    // A file system that cannot exchange: for a moment there is no cache, which costs a cold build
    // at worst.
    if (::rename(path.c_str(), trash.c_str()) != 0 && errno != ENOENT) {
      return fail_errno(errno, fmt::format("rename '{}'", path));
    }
  } else if (errno != ENOENT) {
    return fail_errno(errno, fmt::format("replace '{}'", path));
  }
  if (::renameat(parent, name.c_str(), AT_FDCWD, path.c_str()) != 0) {
    return fail_errno(errno, fmt::format("rename to '{}'", path));
  }
  return {};
}

Result<> BuildCache::remove(const AppId& app) const {
  if (app.empty()) return fail(Errc::invalid_argument, "no app named whose cache to remove");
  return remove_tree(path_of(app));
}

}  // namespace davit::build
