#include "server/build/build_cache.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/copy_tree.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "server/build/limits.hpp"

namespace davit::build {
namespace {

Result<> put_in_place(const std::string& path, const BuildCache::Clone& clone,
                      const std::string& trash) {
  const char* name = clone.name.c_str();
  // Exchanged in one step: a crash leaves the old cache or the new one.
  if (::renameat2(clone.parent, name, AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) {
    (void)::renameat(clone.parent, name, AT_FDCWD, trash.c_str());
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
  if (::renameat(clone.parent, name, AT_FDCWD, path.c_str()) != 0) {
    return fail_errno(errno, fmt::format("rename to '{}'", path));
  }
  return {};
}

}  // namespace

BuildCache::Lease::Lease(BuildCache& cache, AppId app) : cache_(cache), app_(std::move(app)) {
  const std::lock_guard lock(cache_.mutex_);
  ++cache_.in_use_[app_].leases;
}

BuildCache::Lease::~Lease() {
  const std::lock_guard lock(cache_.mutex_);
  const auto use = cache_.in_use_.find(app_);
  if (--use->second.leases == 0) cache_.in_use_.erase(use);
}

Result<> BuildCache::clone_to(const Lease& lease, const std::string& target,
                              std::optional<std::uint32_t> uid, const std::stop_token& stop) {
  const std::string path = path_of(lease.app());
  if (::access(path.c_str(), F_OK) == 0) {
    (void)::utimensat(AT_FDCWD, size_file(lease.app()).c_str(), nullptr, 0);
    const Result<> copied = copy_tree(path, target, {uid, stop});
    if (copied || stop.stop_requested()) return copied;
    log::warning("build cache dropped: it cannot be copied",
                 {{"app", lease.app().str()}, {"error", copied.error().message}});
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

Result<> BuildCache::commit(const Lease& lease, const Clone& clone, const std::string& trash) {
  struct stat status {};
  if (::fstatat(clone.parent, clone.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISDIR(status.st_mode)) {
    return fail(Errc::invalid_argument, "the build replaced its cache folder");
  }
  DAVIT_TRY(make_directories(folder_, 0700));
  const std::lock_guard lock(mutex_);
  const auto use = in_use_.find(lease.app());
  if (use != in_use_.end() && use->second.purged) return {};
  DAVIT_TRY(put_in_place(path_of(lease.app()), clone, trash));
  return write_file_atomic(size_file(lease.app()),
                           fmt::format("{} {}", clone.bytes, clone.slug.str()), 0600);
}

bool BuildCache::fits(const Lease& lease, const SlugId& slug) const {
  if (::access(path_of(lease.app()).c_str(), F_OK) != 0) return true;
  const auto text = read_file(size_file(lease.app()), limits::cache_size_file_bytes_max);
  return text && !slug.empty() && text->ends_with(" " + slug.str());
}

Result<> BuildCache::remove(const AppId& app) {
  if (app.empty()) return fail(Errc::invalid_argument, "no app named whose cache to remove");
  std::optional<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto use = in_use_.find(app);
    if (use != in_use_.end()) use->second.purged = true;
    gone = set_aside(app);
  }
  return gone ? remove_tree(*gone) : Result<>();
}

}  // namespace davit::build
