#include "server/build/submodules.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::build {
namespace {
namespace fs = std::filesystem;

TEST(Gitmodules, PathsHaveTheirAddresses) {
  const auto urls = parse_gitmodules(
      "[submodule \"a\"]\n\tpath = vendor/a\n\turl = https://h/a.git\n# x = y\n"
      "[submodule \"b\"]\nurl=\"../b.git\"\npath=b\nbranch = main\n[submodule \"c\"]\npath = c\n");
  EXPECT_THAT(urls.value(),
              testing::UnorderedElementsAre(testing::Pair("vendor/a", "https://h/a.git"),
                                            testing::Pair("b", "../b.git")));
  std::string many;
  for (int i = 0; i < 60; ++i) many += fmt::format("[submodule]\npath = {}\nurl = u\n", i);
  EXPECT_FALSE(parse_gitmodules(many));
}

class PutSubmodule : public ::testing::Test {
 protected:
  PutSubmodule() {
    fs::create_directories(dir_.path() / "from/deep");
    std::ofstream(dir_.path() / "from/deep/file") << "of the submodule";
    fs::create_directories(dir_.path() / "app/vendor/inner");
    fs::create_directories(dir_.path() / "outside/inner");
  }
  Result<> put(const std::string& path, const CopyOptions& options = {}) {
    return put_submodule(dir_.str("from"), dir_.str("app"), path, options);
  }
  bool there(const std::string& path) { return fs::exists(dir_.path() / path / "deep/file"); }
  test::TempDir dir_;
};

TEST_F(PutSubmodule, TakesThePlaceOfItsEmptyFolder) {
  ASSERT_TRUE(put("vendor/inner"));
  EXPECT_TRUE(there("app/vendor/inner"));
  const std::string odd = "a\n0123456789012345678901234567890123456789 ..";
  fs::create_directories(dir_.path() / "app" / odd);
  ASSERT_TRUE(put(odd)) << "a name like any other";
  EXPECT_TRUE(there("app/" + odd));
}

// A review's finding: what a tree says of its submodules was believed, and davitd may be root.
TEST_F(PutSubmodule, NoPathLeadsOutOfTheTree) {
  fs::create_directory_symlink("../outside", dir_.path() / "app/link");
  fs::create_directory_symlink(dir_.path() / "outside", dir_.path() / "app/absolute");
  fs::create_directory_symlink("../../outside/inner", dir_.path() / "app/vendor/last");
  for (const char* path : {"link/inner", "absolute/inner", "vendor/last", "../outside/inner",
                           "vendor/../../outside/inner", "vendor/..", "..", ".", "vendor/.", "",
                           "vendor/", "/tmp/x", "vendor/inner/../../../outside/inner"}) {
    EXPECT_FALSE(put(path)) << path;
  }
  EXPECT_FALSE(there("outside/inner"));
  EXPECT_TRUE(fs::exists(dir_.path() / "outside/inner"));
  // A folder with something in it is no submodule's.
  std::ofstream(dir_.path() / "app/vendor/inner/mine") << "x";
  EXPECT_FALSE(put("vendor/inner"));
  EXPECT_TRUE(fs::exists(dir_.path() / "app/vendor/inner/mine"));
}

TEST_F(PutSubmodule, AllOfThemHaveOneBudget) {
  TreeBudget budget(dir_.str(""), {20, 10, 0});
  ASSERT_TRUE(put("vendor/inner", {{}, {}, &budget}));
  fs::create_directories(dir_.path() / "app/vendor/second");
  EXPECT_EQ(put("vendor/second", {{}, {}, &budget}).error().code, Errc::too_large);
  std::stop_source stop;
  stop.request_stop();
  fs::create_directories(dir_.path() / "app/vendor/third");
  EXPECT_EQ(put("vendor/third", {{}, stop.get_token()}).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace davit::build
