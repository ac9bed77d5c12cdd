#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace davit {

// One mounted cgroup hierarchy and this process's own group in it (cgroups(7)).
struct CgroupMount {
  std::string top;  // where it is mounted
  std::string own;  // the folder of our own group; top when it lies outside of what is mounted
  std::vector<std::string> controllers;  // v1; empty for v2, whose groups tell
  bool v2 = false;
};

// From the texts of /proc/self/cgroup and /proc/self/mountinfo. Hierarchies without controllers
// that are not v2 (name=systemd) are left out; of one that is mounted twice the first counts.
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view cgroup, std::string_view mountinfo);

// Of this process.
Result<std::vector<CgroupMount>> cgroup_mounts();

}  // namespace davit
