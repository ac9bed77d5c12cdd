#include "server/build/slug_sharing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::build {
namespace {
namespace fs = std::filesystem;

class Sharing : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text, long second, int mode = 0644) {
    const fs::path path = dir_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    ::chmod(path.c_str(), static_cast<mode_t>(mode));
    const timespec times[2] = {{second, 0}, {second, 5}};
    ::utimensat(AT_FDCWD, path.c_str(), times, 0);
  }
  long second_of(const std::string& name) {
    struct stat status {};
    ::stat(dir_.str(name).c_str(), &status);
    return status.st_mtim.tv_sec;
  }
  bool one_file(const std::string& name) {
    std::error_code ec;
    return fs::equivalent(dir_.path() / "new" / name, dir_.path() / "old" / name, ec);
  }
  test::TempDir dir_;
};

TEST_F(Sharing, WhatIsTheSameBecomesOneFile) {
  for (const char* tree : {"old/", "new/"}) {
    put(std::string(tree) + "a/b/same", "x", 100);
    put(std::string(tree) + "empty", "", 100);
    put(std::string(tree) + "other-time", "x", tree[0] == 'o' ? 100 : 101);
    put(std::string(tree) + "other-time.py", "x", tree[0] == 'o' ? 100 : 101);
    put(std::string(tree) + "other-bytes", tree, 100);
    put(std::string(tree) + "other-mode", "x", 100, tree[0] == 'o' ? 0644 : 0755);
  }
  put("new/alone", "x", 100);
  put("new/a-folder/inner", "x", 100);
  put("old/a-folder", "x", 100);
  fs::create_symlink("same", dir_.path() / "new/a/b/link");
  fs::create_symlink("same", dir_.path() / "old/a/b/link");
  EXPECT_EQ(share_files(dir_.str("new"), dir_.str("old")).files, 3u);
  EXPECT_TRUE(one_file("other-time"));
  EXPECT_TRUE(one_file("a/b/same"));
  EXPECT_TRUE(one_file("empty"));
  for (const char* name : {"other-time.py", "other-bytes", "other-mode"}) {
    EXPECT_FALSE(one_file(name)) << name;
  }
  EXPECT_EQ(read_file(dir_.path() / "new/other-bytes", 10).value(), "new/");
  EXPECT_FALSE(fs::exists(dir_.path() / "new/.davit-shared"));
  EXPECT_EQ(share_files(dir_.str("new"), dir_.str("old")).files, 0u) << "nothing is left to share";
  EXPECT_EQ(share_files(dir_.str("new"), dir_.str("gone")).files, 0u);
}

TEST_F(Sharing, WhatDidNotChangeKeepsItsTime) {
  put("old/same", "x", 100);
  put("old/changed", "x", 100);
  put("new/same", "x", 500);
  put("new/changed", "y", 500);
  inherit_times(dir_.str("new"), dir_.str("old"));
  EXPECT_EQ(second_of("new/same"), 100);
  EXPECT_EQ(second_of("new/changed"), 500);
  EXPECT_EQ(share_files(dir_.str("new"), dir_.str("old")).files, 1u);
}

// Packs link an environment into their cache, so that its files have a name there too: they were
// never shared, and each release of an unchanged app took all of them anew.
TEST_F(Sharing, WhatACacheHasAsWellIsSharedInBoth) {
  put("old/venv/lib/a.so", "x", 100);
  put("old/venv/lib/b.so", "x", 100);
  put("new/venv/lib/a.so", "x", 200);
  put("new/venv/lib/b.so", "y", 200);
  fs::create_directories(dir_.path() / "cache/python/lib");
  for (const char* name : {"lib/a.so", "lib/b.so"}) {
    fs::create_hard_link(dir_.path() / "new/venv" / name, dir_.path() / "cache/python" / name);
  }
  fs::create_directory_symlink(dir_.path() / "new/venv", dir_.path() / "cache/link");
  const Shared shared = share_files(dir_.str("new"), dir_.str("old"));
  EXPECT_EQ(shared.files, 1u);
  EXPECT_EQ(share_linked(dir_.str("cache"), dir_.str("old"), shared.replaced), 1u);
  const auto same = [&](const char* one, const char* other) {
    return fs::equivalent(dir_.path() / one, dir_.path() / other);
  };
  EXPECT_TRUE(one_file("venv/lib/a.so"));
  EXPECT_TRUE(same("cache/python/lib/a.so", "old/venv/lib/a.so"));
  EXPECT_FALSE(one_file("venv/lib/b.so"));
  EXPECT_TRUE(same("cache/python/lib/b.so", "new/venv/lib/b.so"));
}

// A folder of the last slug may be a link now, or the other way round.
TEST_F(Sharing, NoLinkIsFollowed) {
  put("new/folder/file", "x", 100);
  put("elsewhere/file", "x", 100);
  fs::create_directories(dir_.path() / "old");
  fs::create_directory_symlink(dir_.path() / "elsewhere", dir_.path() / "old/folder");
  EXPECT_EQ(share_files(dir_.str("new"), dir_.str("old")).files, 0u);
}

}  // namespace
}  // namespace davit::build
