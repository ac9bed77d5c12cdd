#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "base/tree_file.hpp"
#include "server/build/buildpacks.hpp"
#include "server/build/env_dir.hpp"
#include "server/build/paths.hpp"
#include "server/build/slug.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::build {
namespace {
namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}
std::string content(const fs::path& path) { return read_file(path, 1 << 20).value(); }
mode_t mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

TEST(EnvDir, KeepsEveryByteAndAddsNone) {
  test::TempDir dir;
  const std::string multi = "line 1\nline 2\n\n";
  ASSERT_TRUE(write_env_dir(dir.str("env"), {{"A", "1"}, {"EMPTY", ""}, {"MULTI", multi}}, {}));
  EXPECT_EQ(content(dir.path() / "env/A"), "1");
  EXPECT_EQ(content(dir.path() / "env/EMPTY"), "");
  EXPECT_EQ(content(dir.path() / "env/MULTI"), multi);
  EXPECT_EQ(mode_of(dir.path() / "env"), 0700u);
  EXPECT_EQ(mode_of(dir.path() / "env/A"), 0600u);
}

TEST(EnvDir, RefusesNamesThatAreNoVariables) {
  test::TempDir dir;
  EXPECT_FALSE(write_env_dir(dir.str("env"), {{"../x", "1"}}, {}));
}

TEST(TreeFile, ReadsThroughLinksThatStayInTheTreeOnly) {
  test::TempDir dir;
  write(dir.path() / "app/config/Procfile", "web: run");
  write(dir.path() / "secret", "root's");
  fs::create_symlink("config/Procfile", dir.path() / "app/inside");
  fs::create_symlink("../secret", dir.path() / "app/relative");
  fs::create_symlink(dir.path() / "secret", dir.path() / "app/absolute");
  const std::string root = dir.str("app");
  EXPECT_EQ(read_beneath(root, "inside", 100).value(), "web: run");
  EXPECT_EQ(read_beneath(root, "missing", 100).value(), std::nullopt);
  EXPECT_EQ(read_beneath(root, "relative", 100).error().code, Errc::forbidden);
  EXPECT_EQ(read_beneath(root, "absolute", 100).error().code, Errc::forbidden);
  EXPECT_EQ(read_beneath(root, "inside", 3).error().code, Errc::too_large);
  EXPECT_FALSE(read_beneath(root, "config", 100));
}

TEST(TreeFile, AFifoIsAnErrorAndDoesNotHang) {
  test::TempDir dir;
  ASSERT_EQ(::mkfifo(dir.str("Procfile").c_str(), 0600), 0);
  EXPECT_FALSE(read_beneath(dir.str(), "Procfile", 100));
}

TEST(TreeFile, WritingReplacesALinkInsteadOfFollowingIt) {
  test::TempDir dir;
  write(dir.path() / "outside", "keep");
  fs::create_directories(dir.path() / "app/.profile.d");
  fs::create_symlink(dir.path() / "outside", dir.path() / "app/.profile.d/x.sh");
  ASSERT_TRUE(write_beneath(dir.str("app"), {".profile.d", "x.sh", "new", {}}));
  EXPECT_EQ(content(dir.path() / "outside"), "keep");
  EXPECT_EQ(content(dir.path() / "app/.profile.d/x.sh"), "new");
  fs::create_directory_symlink(dir.path(), dir.path() / "app/away");
  EXPECT_FALSE(write_beneath(dir.str("app"), {"away", "x.sh", "new", {}}));
}

TEST(Buildpacks, TheOrderFileIsChecked) {
  EXPECT_EQ(parse_order("# first\nruby\n\nnodejs \r\n").value(),
            (std::vector<std::string>{"ruby", "nodejs"}));
  EXPECT_FALSE(parse_order("../etc"));
  EXPECT_FALSE(parse_order("a b"));
  EXPECT_FALSE(parse_order("a\nb\na"));
}

TEST(Buildpacks, ACopyIsWritableExecutableAndWithoutAnOldExport) {
  test::TempDir dir;
  write(dir.path() / "pack/bin/compile", "#!/bin/sh");
  ::chmod(dir.str("pack/bin/compile").c_str(), 0644);
  write(dir.path() / "pack/export", "export OLD=1");
  ::chmod(dir.str("pack").c_str(), 0555);
  ASSERT_TRUE(copy_pack({"pack", dir.str("pack")}, dir.str("copy"), {}));
  EXPECT_EQ(mode_of(dir.path() / "copy/bin/compile"), 0755u);
  EXPECT_EQ(mode_of(dir.path() / "copy"), 0755u);
  EXPECT_FALSE(fs::exists(dir.path() / "copy/export"));
  ::chmod(dir.str("pack").c_str(), 0755);
}

TEST(Buildpacks, OneWhoseBinIsALinkIsRefusedAndWhatItLeadsToIsLeftAlone) {
  test::TempDir dir;
  write(dir.path() / "elsewhere/compile", "#!/bin/sh");
  ::chmod(dir.str("elsewhere/compile").c_str(), 0600);
  fs::create_directory(dir.path() / "pack");
  fs::create_directory_symlink(dir.path() / "elsewhere", dir.path() / "pack/bin");
  EXPECT_FALSE(copy_pack({"pack", dir.str("pack")}, dir.str("copy"), {}));
  EXPECT_EQ(mode_of(dir.path() / "elsewhere/compile"), 0600u);
}

TEST(Slugs, AreTakenByRenameAndNeverThroughALink) {
  test::TempDir dir;
  test::SeededRandom random{2};
  const SlugStore slugs(dir.str("slugs"));
  const auto id = SlugId::make(random);
  fs::create_directory_symlink("/etc", dir.path() / "link");
  EXPECT_FALSE(slugs.take(dir.str("link"), id));
  write(dir.path() / "build/server.js", "x");
  ASSERT_TRUE(slugs.take(dir.str("build"), id));
  EXPECT_EQ(content(slugs.path_of(id) + "/server.js"), "x");
  ASSERT_TRUE(slugs.remove(id));
  EXPECT_FALSE(fs::exists(slugs.path_of(id)));
  EXPECT_FALSE(slugs.remove(SlugId()));
}

TEST(Slugs, LimitsAreToldWithWhatToDo) {
  test::TempDir dir;
  write(dir.path() / "build/big", std::string(200'000, 'x'));
  EXPECT_FALSE(measure_slug(dir.str("build"), 1'000'000, 2'000'000)->above_soft_limit);
  EXPECT_TRUE(measure_slug(dir.str("build"), 100'000, 2'000'000)->above_soft_limit);
  const auto refused = measure_slug(dir.str("build"), 1, 100'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::too_large);
  EXPECT_NE(refused.error().message.find(".slugignore"), std::string::npos);
}

TEST(BuildPaths, AreTheVendorsInsideAndTheHostsWithoutNamespaces) {
  test::SeededRandom random{3};
  const auto id = BuildId::make(random);
  const BuildPaths mounted("/data/builds", id, dyno::Level::a);
  EXPECT_EQ(mounted.inside(mounted.app), "/app");
  EXPECT_EQ(mounted.inside(mounted.cache_dir), "/tmp/codon/tmp/cache");
  EXPECT_EQ(mounted.inside(mounted.build_dir), "/tmp/build_" + id.str().substr(0, 8));
  EXPECT_EQ(mounted.mounts().size(), 2u);
  const BuildPaths bare("/data/builds", id, dyno::Level::c);
  EXPECT_EQ(bare.inside(bare.cache_dir), bare.cache_dir);
  EXPECT_EQ(bare.mounts().at(0).target, bare.tmp);
}

}  // namespace
}  // namespace davit::build
