#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.hpp"

namespace davit {
namespace {

TEST(WriteFileAtomic, ReplacesContentAndSetsTheMode) {
  test::TempDir dir;
  const auto path = dir.str("key");
  ASSERT_TRUE(write_file_atomic(path, "old", 0600));
  ASSERT_TRUE(write_file_atomic(path, "new", 0600));
  EXPECT_EQ(read_file(path, 100).value(), "new");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(ReadFile, RefusesWhatIsOverTheLimit) {
  test::TempDir dir;
  ASSERT_TRUE(write_file_atomic(dir.str("f"), std::string(101, 'x'), 0600));
  EXPECT_EQ(read_file(dir.str("f"), 100).error().code, Errc::too_large);
  EXPECT_EQ(read_file(dir.str("missing"), 100).error().code, Errc::not_found);
}

TEST(RemoveTree, RemovesReadOnlyFoldersAndSparesLinkTargets) {
  test::TempDir dir;
  ASSERT_TRUE(write_file_atomic(dir.str("keep"), "", 0600));
  ASSERT_TRUE(make_directories(dir.str("tree/sub"), 0755));
  ASSERT_TRUE(write_file_atomic(dir.str("tree/sub/f"), "", 0400));
  ASSERT_EQ(::symlink(dir.str("keep").c_str(), dir.str("tree/link").c_str()), 0);
  ASSERT_EQ(::chmod(dir.str("tree/sub").c_str(), 0500), 0);
  ASSERT_TRUE(remove_tree(dir.str("tree")));
  EXPECT_FALSE(std::filesystem::exists(dir.str("tree")));
  EXPECT_TRUE(std::filesystem::exists(dir.str("keep")));
}

}  // namespace
}  // namespace davit
