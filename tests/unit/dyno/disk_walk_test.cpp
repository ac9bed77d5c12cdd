#include "dyno/watch/disk_walk.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::dyno {
namespace {

std::uint64_t bytes_of(const std::string& folder) {
  DiskWalk walk(folder);
  while (!walk.step(1)) {
  }
  EXPECT_EQ(walk.excess(), "");
  return walk.bytes();
}

TEST(DiskWalk, CountsBlocksOfFilesAndFoldersOnce) {
  const test::TempDir dir;
  const std::string megabyte(1024 * 1024, 'x');
  ASSERT_TRUE(make_directories(dir.str("a/b/c"), 0755));
  const auto before = bytes_of(dir.str("a"));
  ASSERT_TRUE(write_file_atomic(dir.str("a/b/c/file"), megabyte, 0644));
  const auto with_file = bytes_of(dir.str("a"));
  EXPECT_GE(with_file, before + megabyte.size());
  ASSERT_EQ(::link(dir.str("a/b/c/file").c_str(), dir.str("a/again").c_str()), 0);
  EXPECT_LT(bytes_of(dir.str("a")), with_file + megabyte.size());
}

TEST(DiskWalk, AHoleTakesNothing) {
  const test::TempDir dir;
  const UniqueFd file(::open(dir.str("sparse").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  ASSERT_EQ(::ftruncate(file.get(), 1 << 30), 0);
  EXPECT_LT(bytes_of(dir.str("")), 1u << 20);
}

TEST(DiskWalk, NeverFollowsALink) {
  const test::TempDir dir;
  ASSERT_TRUE(make_directories(dir.str("inside"), 0755));
  ASSERT_EQ(::symlink("/usr", dir.str("inside/usr").c_str()), 0);
  ASSERT_EQ(::symlink("/usr", dir.str("top").c_str()), 0);
  EXPECT_LT(bytes_of(dir.str("inside")), 1u << 20);
  EXPECT_EQ(bytes_of(dir.str("top")), 0u);
}

// An app could hide what it wrote behind a folder that nobody may read.
TEST(DiskWalk, SeesThroughAFolderThatWasMadeUnreadable) {
  const test::TempDir dir;
  ASSERT_TRUE(make_directories(dir.str("shut"), 0755));
  ASSERT_TRUE(write_file_atomic(dir.str("shut/file"), std::string(1024 * 1024, 'x'), 0644));
  ASSERT_EQ(::chmod(dir.str("shut").c_str(), 0), 0);
  EXPECT_GE(bytes_of(dir.str("")), 1u << 20);
}

TEST(DiskWalk, FoldersThatNestWithoutEndAreAnExcess) {
  const test::TempDir dir;
  UniqueFd folder(::open(dir.str("").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int depth = 0; depth < 250; ++depth) {
    ASSERT_EQ(::mkdirat(folder.get(), "d", 0755), 0);
    folder.reset(::openat(folder.get(), "d", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  DiskWalk walk(dir.str(""));
  while (!walk.step(1)) {
  }
  EXPECT_NE(walk.excess(), "");
}

TEST(DiskWalk, AFolderThatIsGoneTakesNothing) { EXPECT_EQ(bytes_of("/no/such/folder"), 0u); }

}  // namespace
}  // namespace davit::dyno
