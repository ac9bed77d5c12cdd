#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

// In the new namespaces, as their root: puts the dyno's root together on a private tmpfs and makes
// it this process's root. After it nothing of the host is reachable but what was bound read-only
// and Spec::mounts.
Result<> enter_new_root(const SandboxPlan& plan, Notes& notes);

// rootfs_etc.cpp: /etc of the new root: chosen entries of the host's, and files written for this
// dyno.
Result<> make_etc(const SandboxPlan& plan, int root);
Result<> write_new_file(int root, const std::string& path, std::string_view content);

// rootfs_proc.cpp: /proc of the dyno's own processes, without what tells or changes the host. /run
// is there already, and empty.
Result<> make_proc(int root);

// What of the host a dyno sees, wherever that is enforced: names in "/", in /etc and in /dev.
std::span<const std::string_view> system_folders();
std::span<const std::string_view> public_etc_entries();
std::span<const std::string_view> public_devices();

}  // namespace davit::dyno
