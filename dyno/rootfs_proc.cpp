#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "dyno/app_mounts.hpp"
#include "dyno/kernel_mounts.hpp"
#include "dyno/rootfs.hpp"

namespace davit::dyno {
namespace {

// An app is an ordinary user and most of these refuse it anyway: a second lock, should it become
// more. The same files that container engines hide.
constexpr const char* hidden_files[] = {"kcore",         "keys",          "key-users",
                                        "kmsg",          "latency_stats", "sched_debug",
                                        "sysrq-trigger", "timer_list"};
constexpr const char* hidden_folders[] = {"acpi", "asound", "scsi"};
constexpr const char* read_only_folders[] = {"sys", "bus", "fs", "irq"};

UniqueFd open_in(int folder, const char* name) {
  return UniqueFd(::openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

Result<> cover(int proc, const char* name, int with) {
  const UniqueFd place = open_in(proc, name);
  if (!place) return {};  // this kernel has none
  auto tree = clone_tree_of(with, Access::read_only);
  if (!tree) return std::move(tree).error();
  return attach(tree->get(), place.get(), std::string("/proc/") + name);
}

Result<> cover_file(int proc, const char* name) {
  const UniqueFd place = open_in(proc, name);
  if (!place) return {};
  auto nothing = clone_device("/dev/null");
  if (!nothing) return std::move(nothing).error();
  return attach(nothing->get(), place.get(), std::string("/proc/") + name);
}

}  // namespace

Result<> make_proc(int root) {
  auto folder = open_target(root, "/proc", TargetKind::folder, Identity{});
  if (!folder) return std::move(folder).error();
  // hidepid=ptraceable: what a process may not trace it does not see, so not even the dyno's init.
  DAVIT_TRY(mount_new(folder->get(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=4"));
  const UniqueFd proc = open_in(root, "proc");
  const UniqueFd empty = open_in(root, "run");
  if (!proc || !empty) return fail_errno(errno, "open '/proc' inside the dyno");
  for (const char* name : hidden_files) DAVIT_TRY(cover_file(proc.get(), name));
  for (const char* name : hidden_folders) DAVIT_TRY(cover(proc.get(), name, empty.get()));
  for (const char* name : read_only_folders) {
    const UniqueFd place = open_in(proc.get(), name);
    if (place) DAVIT_TRY(cover(proc.get(), name, place.get()));
  }
  return {};
}

}  // namespace davit::dyno
