#include "base/copy_tree.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit {
namespace {
namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}
struct stat look_at(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

TEST(CopyTree, KeepsModesLinksAndTimesAndLeavesSpecialFilesOut) {
  const test::TempDir dir;
  write(dir.path() / "from/bin/run", "#!");
  ::chmod(dir.str("from/bin/run").c_str(), 04755);
  ::chmod(dir.str("from/bin").c_str(), 0555);
  fs::create_symlink("/etc/passwd", dir.path() / "from/link");
  ASSERT_EQ(::mkfifo(dir.str("from/pipe").c_str(), 0600), 0);
  const timespec times[2] = {{1000, 0}, {2000, 0}};
  ::utimensat(AT_FDCWD, dir.str("from/bin/run").c_str(), times, 0);
  const auto copied = copy_tree(dir.str("from"), dir.str("to"));
  ASSERT_TRUE(copied) << copied.error().message;
  const auto run = look_at(dir.path() / "to/bin/run");
  EXPECT_EQ(run.st_mode & 07777, 0755u) << "never setuid";
  EXPECT_EQ(run.st_mtim.tv_sec, 2000);
  EXPECT_EQ(look_at(dir.path() / "to/bin").st_mode & 07777, 0555u);
  EXPECT_EQ(fs::read_symlink(dir.path() / "to/link"), "/etc/passwd");
  EXPECT_FALSE(fs::exists(dir.path() / "to/pipe"));
  write(dir.path() / "to/bin/run", "changed");
  EXPECT_EQ(read_file(dir.path() / "from/bin/run", 100).value(), "#!");
}

TEST(CopyTree, GivesEverythingToItsOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  const test::TempDir dir;
  write(dir.path() / "from/a/file", "x");
  fs::create_symlink("/etc/passwd", dir.path() / "from/a/link");
  const auto before = look_at("/etc/passwd");
  ASSERT_TRUE(copy_tree(dir.str("from"), dir.str("to"), {4242}));
  for (const char* name : {"to", "to/a", "to/a/file", "to/a/link"}) {
    EXPECT_EQ(look_at(dir.path() / name).st_uid, 4242u) << name;
    EXPECT_EQ(look_at(dir.path() / name).st_gid, 4242u) << name;
  }
  EXPECT_EQ(look_at("/etc/passwd").st_uid, before.st_uid);
}

TEST(CopyTree, RefusesATargetThatIsThereALinkAndABottomlessTree) {
  const test::TempDir dir;
  write(dir.path() / "from/file", "x");
  fs::create_directories(dir.str("there"));
  EXPECT_FALSE(copy_tree(dir.str("from"), dir.str("there")));
  fs::create_directory_symlink(dir.str("from"), dir.str("link"));
  EXPECT_FALSE(copy_tree(dir.str("link"), dir.str("to")));
  std::string deep = dir.str("deep");
  for (int depth = 0; depth < 300; ++depth) deep += "/d";
  fs::create_directories(deep);
  EXPECT_EQ(copy_tree(dir.str("deep"), dir.str("to")).error().code, Errc::limit_exceeded);
}

}  // namespace
}  // namespace davit
