#include "router/memory_bound.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/support/temp_dir.hpp"

namespace davit::router {
namespace {

constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

class MemoryBound : public testing::Test {
 protected:
  void set(const std::string& group, const char* file, const char* text) {
    std::filesystem::create_directories(top() + group);
    std::ofstream(top() + group + "/" + file) << text << "\n";
  }
  std::string top() const { return folder_.path(); }
  CgroupMount v2(const std::string& own) const { return {top(), top() + own, {}, true}; }
  test::TempDir folder_;
};

TEST_F(MemoryBound, IsTheLeastOfAllGroupsThatWeAreIn) {
  set("/system.slice/davit.service", "memory.max", "max");
  set("/system.slice", "memory.max", "1073741824");
  set("", "memory.max", "4294967296");
  EXPECT_EQ(cgroup_memory_max({v2("/system.slice/davit.service")}), 1073741824u);
  set("/system.slice/davit.service", "memory.max", "536870912");
  EXPECT_EQ(cgroup_memory_max({v2("/system.slice/davit.service")}), 536870912u);
}

TEST_F(MemoryBound, OfTheFirstVersionIsThatOfTheMemoryController) {
  set("/docker/a", "memory.limit_in_bytes", "268435456");
  CgroupMount mount{top(), top() + "/docker/a", {"cpu", "cpuacct"}, false};
  EXPECT_EQ(cgroup_memory_max({mount}), none) << "of another hierarchy";
  mount.controllers = {"memory"};
  EXPECT_EQ(cgroup_memory_max({mount}), 268435456u);
}

TEST_F(MemoryBound, IsNoneWhereNothingSaysSo) {
  EXPECT_EQ(cgroup_memory_max({}), none);
  set("", "memory.max", "garbage");
  EXPECT_EQ(cgroup_memory_max({v2(""), v2("/gone/with/the/wind")}), none);
}

}  // namespace
}  // namespace davit::router
