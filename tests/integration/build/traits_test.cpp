// The trait packs of tests/packs, chained through the real runner.
#include <fstream>

#include "tests/integration/build/build_fixture.hpp"

namespace davit::build {
namespace {
namespace fs = std::filesystem;

class Traits : public BuildFixture {
 protected:
  Traits() { config_.buildpacks_dir = (test::source_dir() / "tests/packs").string(); }

  void SetUp() override {
    if (launcher_->level() == dyno::Level::c) GTEST_SKIP() << "no namespaces here: host paths";
  }
  bool printed(const std::string& text) const {
    return output_.text.find(text) != std::string::npos;
  }
};

TEST_F(Traits, ALongChainKeepsEveryTraitOfTheContract) {
  write("sub/inner.txt", "inner");
  write("outer.txt", "outer");
  // Whoever reads "begun" answers it: had the output been held back, the build would not end.
  output_.watch_for = "begun";
  output_.then = [this] {
    for (const auto& entry : fs::directory_iterator(config_.work_dir)) {
      std::ofstream(entry.path() / "tmp/go") << "";
    }
  };
  const auto slug = build_chain({"build-dir-mover", "relative-paths", "stdin-reader", "exporter",
                                 "bare-path", "export-reader", "app-symlinker", "symlink-user",
                                 "cache-mover", "lone-dashes", "procfile-writer", "reporter",
                                 "bad-reporter", "odd-bytes", "typer", "slow", "no-release"});
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug_file(*slug, "inner.txt"), "inner");
  EXPECT_FALSE(fs::exists(slug->path + "/outer.txt"));
  EXPECT_EQ(slug_file(*slug, "relative.txt"), "Relative\n");
  EXPECT_EQ(slug_file(*slug, "stdin.txt"), "");
  EXPECT_EQ(slug_file(*slug, "exports.txt"), "two  words|yes|here|/from/bare\n");
  EXPECT_EQ(slug_file(*slug, "through.txt"), "linked\n");
  EXPECT_EQ(slug_file(*slug, "tree/file"), "kept\n");
  EXPECT_EQ(slug_file(*slug, ".profile.d/00_config_vars.sh"),
            "export TYPER_VAR=\"${TYPER_VAR:-a \\\"quoted\\\" value}\"\n");
  EXPECT_EQ(slug->processes, (std::map<std::string, std::string>{{"web", "serve"},
                                                                 {"worker", "made by the build"}}));
  EXPECT_EQ(slug->buildpack, "NoRelease");
  EXPECT_TRUE(printed("cache: cold\n"));
  EXPECT_TRUE(printed("begun and done\n"));
  EXPECT_TRUE(
      printed("  leading \xff\xfe\x1b[1m\r\ntab\there"
              "to stderr\nno newline at the end"))
      << output_.text;
  EXPECT_TRUE(printed("-----> Odd\xef\xbf\xbdName app detected\n")) << output_.text;
  EXPECT_FALSE(printed("noise")) << output_.text;
  EXPECT_FALSE(printed("exported:")) << output_.text;
  EXPECT_EQ(report_, "stage: compile\nexported: no\n");
}

// Python loses its tree where a failed build worked on the cache itself.
TEST_F(Traits, AFailedBuildLeavesTheCacheAloneAndStillReports) {
  write("app.txt", "");
  ASSERT_TRUE(build_chain({"cache-mover"})) << output_.text;
  write("fail", "");
  EXPECT_FALSE(build_chain({"cache-mover"}));
  EXPECT_TRUE(printed("cache: warm\n"));
  EXPECT_FALSE(build_chain({"reporter"}));
  EXPECT_EQ(report_, "stage: compile\nexported: no\n");
  fs::remove(dir_.path() / "app/fail");
  ASSERT_TRUE(build_chain({"cache-mover"})) << output_.text;
  EXPECT_TRUE(printed("cache: warm\n")) << output_.text;
}

TEST_F(Traits, ASetPackThatRefusesShowsItsReasons) {
  write("app.txt", "");
  const auto slug = build_chain({"relative-paths", "stderr-detect"});
  ASSERT_FALSE(slug);
  EXPECT_TRUE(
      printed("-----> App not compatible with buildpack: stderr-detect\n"
              "This app lacks a Gemfile.\n"))
      << output_.text;
  EXPECT_TRUE(printed("More info: ")) << output_.text;
  EXPECT_FALSE(fs::exists(config_.slugs_dir));
}

TEST_F(Traits, ALargeSlugIsWarnedOfAndAHugeOneRefused) {
  config_.slug_warn_bytes = 1024 * 1024;
  config_.slug_bytes_max = 4 * 1024 * 1024;
  write("size", "2000000");
  EXPECT_TRUE(build_chain({"huge-slug"})) << output_.text;
  EXPECT_TRUE(printed(" !     The slug is large (")) << output_.text;
  write("size", "5000000");
  const auto slug = build_chain({"huge-slug"});
  ASSERT_FALSE(slug);
  EXPECT_NE(slug.error().message.find("too large (max is 4.0M)"), std::string::npos)
      << slug.error().message;
}

// What did not change between two builds takes its place on the disk once, and keeps its time, so
// that make and its like build only what did.
TEST_F(Traits, ARebuildOfTheSameAppSharesItsFilesWithTheLastSlug) {
  write("same.txt", "the same");
  write("changed.py", "one");
  const auto first = build_chain({"no-release"});
  ASSERT_TRUE(first) << output_.text;
  write("changed.py", "two");
  last_slug_ = first->id;
  const auto second = build_chain({"no-release"});
  ASSERT_TRUE(second) << output_.text;
  const auto same = [&](const char* name) {
    std::error_code ec;
    return fs::equivalent(first->path + "/" + name, second->path + "/" + name, ec);
  };
  EXPECT_TRUE(same("same.txt"));
  EXPECT_FALSE(same("changed.py"));
  EXPECT_EQ(slug_file(*first, "changed.py"), "one");
  EXPECT_EQ(slug_file(*second, "changed.py"), "two");
  EXPECT_EQ(fs::last_write_time(first->path + "/same.txt"),
            fs::last_write_time(second->path + "/same.txt"));
  // Rolled back to the first: what the second's cache was made of is newer.
  write("changed.py", "one");
  const auto third = build_chain({"no-release"});
  ASSERT_TRUE(third) << output_.text;
  EXPECT_NE(fs::last_write_time(first->path + "/changed.py"),
            fs::last_write_time(third->path + "/changed.py"));
  fs::remove_all(first->path);
  EXPECT_EQ(slug_file(*second, "same.txt"), "the same");
}

}  // namespace
}  // namespace davit::build
