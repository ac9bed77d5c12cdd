#include "dyno/app_mounts.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/copy_tree.hpp"
#include "base/files.hpp"
#include "dyno/kernel_mounts.hpp"

namespace davit::dyno {
namespace {

// At level B the dyno is this user, only named otherwise inside.
Result<> make_owned(const std::string& path, const SandboxPlan& plan) {
  if (::mkdir(path.c_str(), 0755) != 0) return fail_errno(errno, fmt::format("make '{}'", path));
  if (plan.level != Level::b && ::geteuid() == 0 &&
      ::chown(path.c_str(), plan.who.uid, plan.who.gid) != 0) {
    return fail_errno(errno, fmt::format("give '{}' to user {}", path, plan.who.uid));
  }
  return {};
}

// Where overlay is refused. Only root may give files away; a dyno of ours owns what we make.
Result<> copy_for(const SandboxPlan& plan, const std::string& source, const std::string& target) {
  const bool give_away = ::geteuid() == 0;
  CopyOptions options;
  if (give_away) options.owner = plan.who.uid;
  return copy_tree(source, target, options);
}

Result<UniqueFd> open_folder(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, fmt::format("open '{}'", path));
  return fd;
}

// Paths by descriptor: no character of a path can end an option, and the app's mount table shows no
// host path.
Result<> try_overlay(const SandboxPlan& plan, const Mount& mount, const std::string& layer,
                     int target) {
  auto lower = open_folder(mount.source);
  if (!lower) return std::move(lower).error();
  auto upper = open_folder(layer + "/upper");
  if (!upper) return std::move(upper).error();
  auto work = open_folder(layer + "/work");
  if (!work) return std::move(work).error();
  const std::string options =
      fmt::format("lowerdir={},upperdir={},workdir={}{}", descriptor_path(lower->get()),
                  descriptor_path(upper->get()), descriptor_path(work->get()),
                  plan.level == Level::b ? ",userxattr" : "");
  // volatile: the layer is thrown away, so nobody waits for its disk.
  auto mounted = mount_new(target, "overlay", MS_NOSUID | MS_NODEV, options + ",volatile");
  return mounted ? mounted : mount_new(target, "overlay", MS_NOSUID | MS_NODEV, options);
}

Result<> attach_overlay(const SandboxPlan& plan, std::size_t index, int root, Notes& notes) {
  const Mount& mount = plan.spec.mounts[index];
  auto target = open_target(root, mount.target, TargetKind::folder, plan.who);
  if (!target) return std::move(target).error();
  const std::string layer = layer_path(plan.spec, index);
  const auto mounted = try_overlay(plan, mount, layer, target->get());
  if (mounted) return {};
  notes.push_back(fmt::format("overlay is refused here ({}), so '{}' is a copy",
                              mounted.error().message, mount.target));
  DAVIT_TRY(copy_for(plan, mount.source, layer + "/copy"));
  auto tree = clone_tree(layer + "/copy", Access::read_write);
  if (!tree) return std::move(tree).error();
  return attach(tree->get(), target->get(), mount.target);
}

}  // namespace

Result<> prepare_scratch(const SandboxPlan& plan) {
  const Spec& spec = plan.spec;
  DAVIT_TRY(remove_tree(spec.scratch));
  // Other users of the host have no business here; the dyno itself reaches its layers through
  // mounts only, except at level C, where these are the paths it uses.
  const bool shared = plan.level == Level::c;
  DAVIT_TRY(make_directories(spec.scratch, shared ? 0711 : 0700));
  if (shared) return make_owned(spec.scratch + "/tmp", plan);
  if (::mkdir(plan.mount_point.c_str(), 0755) != 0) {
    return fail_errno(errno, fmt::format("make '{}'", plan.mount_point));
  }
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    if (spec.mounts[i].mode != MountMode::overlay) continue;
    const std::string layer = layer_path(spec, i);
    DAVIT_TRY(make_owned(layer, plan));
    DAVIT_TRY(make_owned(layer + "/upper", plan));
    DAVIT_TRY(make_owned(layer + "/work", plan));
  }
  return {};
}

Result<> attach_app_mounts(const SandboxPlan& plan, int root, Notes& notes) {
  for (std::size_t i = 0; i < plan.spec.mounts.size(); ++i) {
    const Mount& mount = plan.spec.mounts[i];
    if (mount.mode == MountMode::overlay) {
      DAVIT_TRY(attach_overlay(plan, i, root, notes));
      continue;
    }
    const auto access =
        mount.mode == MountMode::read_write ? Access::read_write : Access::read_only;
    auto tree = clone_tree(mount.source, access);
    if (!tree) return std::move(tree).error();
    DAVIT_TRY(attach_below(root, tree->get(), mount.target, plan.who));
  }
  return {};
}

Result<> copy_app_mounts(const SandboxPlan& plan) {
  bool has_app = false;
  for (const Mount& mount : plan.spec.mounts) {
    has_app = has_app || mount.target == plan.spec.scratch + "/app";
    if (mount.mode != MountMode::overlay) continue;
    if (!mount.target.starts_with(plan.spec.scratch + "/")) {
      return fail(Errc::invalid_argument,
                  "mount target '{}' is not below scratch; level C has no mounts: adapt the spec "
                  "with server/dynos/layout.hpp",
                  mount.target);
    }
    const auto parent = mount.target.substr(0, mount.target.rfind('/'));
    DAVIT_TRY(make_directories(parent, 0755));
    DAVIT_TRY(copy_for(plan, mount.source, mount.target));
  }
  if (has_app) return {};
  return make_owned(plan.spec.scratch + "/app", plan);
}

}  // namespace davit::dyno
