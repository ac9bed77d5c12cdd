#include "dyno/rootfs.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>

#include "dyno/app_mounts.hpp"
#include "dyno/kernel_mounts.hpp"
#include "dyno/protocol/shown_folders.hpp"
#include "dyno/public_files.hpp"

namespace davit::dyno {
namespace {

constexpr std::string_view devices[] = {"null", "zero", "full", "random", "urandom", "tty"};

Result<UniqueFd> folder_in(int root, const std::string& path) {
  return open_target(root, path, TargetKind::folder, std::nullopt);
}

Result<> tmpfs_on(int root, const std::string& path, const std::string& options) {
  auto folder = folder_in(root, path);
  if (!folder) return std::move(folder).error();
  return mount_new(folder->get(), "tmpfs", MS_NOSUID | MS_NODEV, options);
}

// A merged /bin is a link on the host and the same link here.
Result<> show_system_folder(int root, const std::string& stack, std::string_view name) {
  const std::string path = "/" + std::string(name);
  const std::string source = stack + path;
  struct stat info {};
  if (::lstat(source.c_str(), &info) != 0) return {};
  if (S_ISDIR(info.st_mode)) return show_below(root, stack, path);
  char text[PATH_MAX];
  const ssize_t length =
      S_ISLNK(info.st_mode) ? ::readlink(source.c_str(), text, sizeof text - 1) : -1;
  if (length <= 0) return {};
  text[length] = '\0';
  if (::symlinkat(text, root, path.c_str() + 1) == 0) return {};
  return fail_errno(errno, fmt::format("link '{}' inside the dyno", path));
}

Result<> make_dev_links(int dev) {
  constexpr const char* links[][2] = {{"/proc/self/fd", "fd"},
                                      {"/proc/self/fd/0", "stdin"},
                                      {"/proc/self/fd/1", "stdout"},
                                      {"/proc/self/fd/2", "stderr"},
                                      {"pts/ptmx", "ptmx"}};
  for (const auto& link : links) {
    if (::symlinkat(link[0], dev, link[1]) != 0) {
      return fail_errno(errno, fmt::format("link '/dev/{}' inside the dyno", link[1]));
    }
  }
  return {};
}

Result<> make_dev(const SandboxPlan& plan, int root) {
  DAVIT_TRY(tmpfs_on(root, "/dev", "mode=755,size=64k"));
  auto dev = folder_in(root, "/dev");
  if (!dev) return std::move(dev).error();
  for (const auto name : devices) {
    const std::string path = "/dev/" + std::string(name);
    auto node = clone_device(path);
    if (!node) return std::move(node).error();
    auto target = open_target(root, path, TargetKind::file, std::nullopt);
    if (!target) return std::move(target).error();
    DAVIT_TRY(attach(node->get(), target->get(), path));
  }
  DAVIT_TRY(make_dev_links(dev->get()));
  auto pts = folder_in(root, "/dev/pts");
  if (!pts) return std::move(pts).error();
  DAVIT_TRY(
      mount_new(pts->get(), "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"));
  return tmpfs_on(root, "/dev/shm", fmt::format("mode=1777,size={}", plan.spec.limits.tmp_bytes));
}

// Real buildpacks and runtimes read the limit of cgroup v1 here; without it they assume the whole
// host's memory.
Result<> make_sys(const SandboxPlan& plan, int root) {
  if (plan.spec.limits.memory_bytes != 0) {
    DAVIT_TRY(write_new_file(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                             fmt::format("{}\n", plan.spec.limits.memory_bytes)));
  }
  // Runtimes count CPUs here. Not every host shows it: then they ask the scheduler.
  auto cpus = clone_tree("/sys/devices/system/cpu", Access::read_only);
  if (!cpus) return {};
  auto target = folder_in(root, "/sys/devices/system/cpu");
  if (!target) return std::move(target).error();
  return attach(cpus->get(), target->get(), "/sys/devices/system/cpu");
}

bool targets(const Spec& spec, std::string_view path) {
  for (const Mount& mount : spec.mounts) {
    if (mount.target == path) return true;
  }
  return false;
}

Result<> make_writable_folders(const SandboxPlan& plan, int root) {
  const auto& spec = plan.spec;
  if (!targets(spec, "/tmp")) {
    DAVIT_TRY(tmpfs_on(root, "/tmp", fmt::format("mode=1777,size={}", spec.limits.tmp_bytes)));
  }
  if (!targets(spec, "/app")) {
    DAVIT_TRY(tmpfs_on(root, "/app",
                       fmt::format("mode=755,size={},uid={},gid={}", spec.limits.tmp_bytes,
                                   plan.who.uid, plan.who.gid)));
  }
  return {};
}

// A link, so that a build finds all its temporary folders on one file system.
Result<> make_var(int root) {
  for (const char* path : {"/run", "/var/lib", "/var/cache"}) {
    auto folder = folder_in(root, path);
    if (!folder) return std::move(folder).error();
  }
  auto var = folder_in(root, "/var");
  if (!var) return std::move(var).error();
  if (::symlinkat("../tmp", var->get(), "tmp") != 0 ||
      ::symlinkat("../run", var->get(), "run") != 0) {
    return fail_errno(errno, "link '/var/tmp' inside the dyno");
  }
  return {};
}

Result<> change_root(int root) {
  if (::fchdir(root) != 0) return fail_errno(errno, "enter the new root");
  if (::syscall(SYS_pivot_root, ".", ".") == 0) {
    if (::umount2(".", MNT_DETACH) != 0) return fail_errno(errno, "leave the host's root");
  } else if (::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || ::chroot(".") != 0) {
    // An initramfs cannot be pivoted away; it is covered instead.
    return fail_errno(errno, "change to the new root");
  }
  return ::chdir("/") == 0 ? Result<>() : fail_errno(errno, "enter the new root");
}

// An admin may keep Davit's data in a folder that dynos see, such as /opt/davit: not that part of
// it.
Result<> hide_data(const SandboxPlan& plan, int root) {
  const std::string& scratch = plan.spec.scratch;
  const auto all_scratches = scratch.rfind('/');
  const auto data = scratch.rfind('/', all_scratches - 1);
  if (all_scratches == 0 || data == 0 || data == scratch.npos) return {};
  const std::string folder = scratch.substr(0, data);
  const auto first = std::string_view(folder).substr(1, folder.find('/', 1) - 1);
  const bool shown = std::find(std::begin(shown_folders), std::end(shown_folders), first) !=
                     std::end(shown_folders);
  return shown ? tmpfs_on(root, folder, "mode=755,size=4k") : Result<>();
}

}  // namespace

std::span<const std::string_view> system_folders() { return shown_folders; }

std::span<const std::string_view> public_devices() { return devices; }

Result<> enter_new_root(const SandboxPlan& plan, Notes& notes) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return fail_errno(errno, "make the mounts private");
  }
  if (::mount("tmpfs", plan.mount_point.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
              "mode=755,size=4m") != 0) {
    return fail_errno(errno, "mount tmpfs for the new root");
  }
  const UniqueFd root(::open(plan.mount_point.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail_errno(errno, "open the new root");
  for (const auto name : shown_folders) {
    DAVIT_TRY(show_system_folder(root.get(), plan.spec.stack, name));
  }
  DAVIT_TRY(hide_data(plan, root.get()));
  DAVIT_TRY(make_etc(plan, root.get()));
  DAVIT_TRY(make_dev(plan, root.get()));
  DAVIT_TRY(make_sys(plan, root.get()));
  DAVIT_TRY(make_var(root.get()));
  DAVIT_TRY(make_proc(root.get()));
  DAVIT_TRY(make_writable_folders(plan, root.get()));
  DAVIT_TRY(attach_app_mounts(plan, root.get(), notes));
  attach_certificate_files(plan, root.get(), notes);
  DAVIT_TRY(change_root(root.get()));
  DAVIT_TRY(make_read_only("/dev"));
  return make_read_only("/");
}

}  // namespace davit::dyno
