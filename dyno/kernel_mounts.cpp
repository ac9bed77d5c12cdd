#include "dyno/kernel_mounts.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace davit::dyno {
namespace {

constexpr unsigned at_recursive = 0x8000;  // AT_RECURSIVE

Result<UniqueFd> clone_with(int fd, const char* path, std::uint64_t attributes,
                            const std::string& name) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | at_recursive |
                         (*path == '\0' ? unsigned{AT_EMPTY_PATH} : 0);
  UniqueFd tree(::open_tree(fd, path, flags));
  if (!tree) return fail_errno(errno, fmt::format("bind '{}'", name));
  mount_attr wanted{};
  wanted.attr_set = attributes;
  if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | at_recursive, &wanted, sizeof wanted) != 0) {
    return fail_errno(errno, fmt::format("restrict the mount of '{}'", name));
  }
  return tree;
}

std::uint64_t attributes_of(Access access) {
  return MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
         (access == Access::read_only ? std::uint64_t{MOUNT_ATTR_RDONLY} : 0);
}

Result<UniqueFd> descend(int folder, const std::string& part, const std::string& path,
                         std::optional<Identity> owner) {
  const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd next(::openat(folder, part.c_str(), flags));
  if (!next && errno == ENOENT) {
    if (::mkdirat(folder, part.c_str(), 0755) != 0) {
      return fail_errno(errno, fmt::format("make the mount target '{}'", path));
    }
    if (owner &&
        ::fchownat(folder, part.c_str(), owner->uid, owner->gid, AT_SYMLINK_NOFOLLOW) != 0) {
      return fail_errno(errno,
                        fmt::format("give the mount target '{}' to user {}", path, owner->uid));
    }
    next.reset(::openat(folder, part.c_str(), flags));
  }
  if (!next)
    return fail_errno(errno, fmt::format("open the mount target '{}' at '{}'", path, part));
  return next;
}

Result<UniqueFd> open_target_file(int folder, const std::string& part, const std::string& path) {
  UniqueFd file(::openat(folder, part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno == ENOENT) {
    UniqueFd made(::openat(folder, part.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
    file.reset(::openat(folder, part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!file) return fail_errno(errno, fmt::format("make the mount target '{}'", path));
  struct stat info {};
  ::fstat(file.get(), &info);
  if (!S_ISREG(info.st_mode)) {
    return fail(Errc::conflict, "the mount target '{}' is not a plain file", path);
  }
  return file;
}

}  // namespace

std::string descriptor_path(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

Result<UniqueFd> clone_tree(const std::string& source, Access access) {
  return clone_with(AT_FDCWD, source.c_str(), attributes_of(access), source);
}

Result<UniqueFd> clone_device(const std::string& source) {
  return clone_with(AT_FDCWD, source.c_str(), MOUNT_ATTR_NOSUID, source);
}

Result<UniqueFd> clone_tree_of(int fd, Access access) {
  return clone_with(fd, "", attributes_of(access), descriptor_path(fd));
}

Result<> attach(int tree, int target, const std::string& name) {
  if (::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0) {
    return {};
  }
  return fail_errno(errno, fmt::format("mount on '{}'", name));
}

Result<UniqueFd> open_target(int root, const std::string& path, TargetKind kind,
                             std::optional<Identity> owner) {
  UniqueFd folder(::fcntl(root, F_DUPFD_CLOEXEC, 3));
  std::string_view rest(path);
  int depth = 0;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const auto slash = rest.find('/');
    const std::string part(rest.substr(0, slash));
    const bool last = slash == rest.npos;
    rest = last ? std::string_view() : rest.substr(slash);
    if (part.empty()) continue;
    if (last && kind == TargetKind::file) return open_target_file(folder.get(), part, path);
    auto next = descend(folder.get(), part, path, depth++ > 0 ? owner : std::nullopt);
    if (!next) return std::move(next).error();
    folder = std::move(*next);
  }
  return folder;
}

Result<> show_below(int root, const std::string& stack, const std::string& path) {
  auto tree = clone_tree(stack + path, Access::read_only);
  if (!tree) return std::move(tree).error();
  return attach_below(root, tree->get(), path, std::nullopt);
}

Result<> attach_below(int root, int tree, const std::string& target,
                      std::optional<Identity> owner) {
  struct stat info {};
  if (::fstat(tree, &info) != 0) return fail_errno(errno, fmt::format("look at '{}'", target));
  const auto kind = S_ISDIR(info.st_mode) ? TargetKind::folder : TargetKind::file;
  auto place = open_target(root, target, kind, owner);
  if (!place) return std::move(place).error();
  return attach(tree, place->get(), target);
}

Result<> mount_new(int target, const char* type, unsigned long flags, const std::string& options) {
  if (::mount(type, descriptor_path(target).c_str(), type, flags, options.c_str()) == 0) {
    return {};
  }
  return fail_errno(errno, fmt::format("mount {} inside the dyno", type));
}

Result<> make_read_only(const char* path) {
  mount_attr wanted{};
  wanted.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(AT_FDCWD, path, 0, &wanted, sizeof wanted) == 0) return {};
  return fail_errno(errno, fmt::format("make '{}' read-only inside the dyno", path));
}

}  // namespace davit::dyno
