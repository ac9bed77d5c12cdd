#include "base/cgroup_mounts.hpp"

#include <gtest/gtest.h>

namespace davit {
namespace {

const CgroupMount* with(const std::vector<CgroupMount>& mounts, const std::string& controller) {
  for (const auto& mount : mounts) {
    for (const auto& name : mount.controllers) {
      if (name == controller) return &mount;
    }
  }
  return nullptr;
}

TEST(CgroupMounts, AHybridHostHasEachControllerAndTheBareTree) {
  const auto mounts = parse_cgroup_mounts(
      "9:name=systemd:/user.slice\n4:memory:/a/b\n2:cpu,cpuacct:/\n0::/user.slice/x.scope\n",
      "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n");
  ASSERT_EQ(mounts.size(), 3u);
  ASSERT_NE(with(mounts, "memory"), nullptr);
  EXPECT_EQ(with(mounts, "memory")->own, "/sys/fs/cgroup/memory/a/b");
  ASSERT_NE(with(mounts, "cpuacct"), nullptr);
  EXPECT_EQ(with(mounts, "cpuacct")->own, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_TRUE(mounts[2].v2);
  EXPECT_EQ(mounts[2].own, "/sys/fs/cgroup/unified/user.slice/x.scope");
}

TEST(CgroupMounts, APureHostHasOneTree) {
  const auto mounts = parse_cgroup_mounts(
      "0::/system.slice/davitd.service\n",
      "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].own, "/sys/fs/cgroup/system.slice/davitd.service");
  EXPECT_EQ(mounts[0].top, "/sys/fs/cgroup");
}

// A container shows its own part of the hierarchy at the mount point; the path in /proc/self/cgroup
// begins at the host's top where the container has no cgroup namespace.
TEST(CgroupMounts, AContainersMountStartsAtItsOwnGroup) {
  const auto mounts = parse_cgroup_mounts(
      "4:memory:/docker/abc/deep\n5:pids:/elsewhere\n6:cpu:/docker/abcdef\n0::/../..\n",
      "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "36 31 0:33 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
      "37 31 0:34 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "38 31 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  ASSERT_EQ(mounts.size(), 4u);
  EXPECT_EQ(mounts[0].own, "/sys/fs/cgroup/memory/deep");
  EXPECT_EQ(mounts[1].own, "/sys/fs/cgroup/pids");
  EXPECT_EQ(mounts[2].own, "/sys/fs/cgroup/cpu");
  EXPECT_EQ(mounts[3].own, "/sys/fs/cgroup/unified");
}

TEST(CgroupMounts, EscapesOfTheMountTableAreUndone) {
  const auto mounts =
      parse_cgroup_mounts("0::/\n", "30 22 0:26 / /sys/fs/my\\040groups rw - cgroup2 cgroup2 rw\n");
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].own, "/sys/fs/my groups");
}

TEST(CgroupMounts, GarbageIsPassedOver) {
  EXPECT_TRUE(parse_cgroup_mounts("", "").empty());
  EXPECT_TRUE(
      parse_cgroup_mounts("::::\n4:memory\n", "- - -\n1 2 3 - cgroup\n - cgroup2 \n").empty());
  EXPECT_FALSE(cgroup_mounts().has_error());
}

}  // namespace
}  // namespace davit
