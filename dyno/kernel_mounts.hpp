#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "dyno/credentials.hpp"

// Mounts by descriptor (open_tree, mount_setattr, move_mount; Linux 5.12): a source gets its flags
// before it is seen, and a target is walked without following a link, so that what an app left in a
// folder cannot lead a mount astray.
namespace davit::dyno {

enum class Access { read_only, read_write };
enum class TargetKind { folder, file };

// A copy of the mount tree at `source`, nosuid and nodev, not yet visible anywhere.
Result<UniqueFd> clone_tree(const std::string& source, Access access);
// The same for a device node, which nodev would make useless.
Result<UniqueFd> clone_device(const std::string& source);
// The same for what is already open.
Result<UniqueFd> clone_tree_of(int fd, Access access);

Result<> attach(int tree, int target, const std::string& name);

// Opens `path` (absolute) below `root`, making what is missing: folders 0755, given to `owner` from
// the second level on; a file empty. No owner: they stay ours.
Result<UniqueFd> open_target(int root, const std::string& path, TargetKind kind,
                             std::optional<Identity> owner);

// clone_tree, open_target, attach: `path` of the stack (a folder of the host; empty: "/") at the
// same path below `root`, read-only.
Result<> show_below(int root, const std::string& stack, const std::string& path);
Result<> attach_below(int root, int tree, const std::string& target, std::optional<Identity> owner);

// A new file system of `type` on the folder `target`.
Result<> mount_new(int target, const char* type, unsigned long flags, const std::string& options);

Result<> make_read_only(const char* path);

std::string descriptor_path(int fd);

}  // namespace davit::dyno
