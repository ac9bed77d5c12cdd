#include "server/build/build_cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::build {
namespace {
namespace fs = std::filesystem;

class Cache : public ::testing::Test {
 protected:
  test::TempDir dir_;
  test::SeededRandom random_{1};
  AppId app_ = AppId::make(random_);
  SlugId slug_ = SlugId::make(random_);
  BuildCache cache_{dir_.str("cache"), 2500};

  void put(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string content(const fs::path& path) {
    const auto text = read_file(path, 1000);
    return text ? *text : "<none>";
  }
  Result<> commit(const BuildCache::Lease& lease, const std::string& name,
                  std::uint64_t bytes = 100) {
    auto parent = open_file(dir_.str(), O_RDONLY | O_DIRECTORY);
    fs::remove_all(dir_.path() / "trash");
    return cache_.commit(lease, {parent->get(), name, bytes, slug_}, dir_.str("trash"));
  }
  fs::path place(const AppId& app) { return dir_.path() / "cache" / app.str(); }
  // A cache of an app that claims so many bytes and was last used at `second`.
  AppId make_cache(std::uint64_t bytes, long second) {
    const AppId app = AppId::make(random_);
    const BuildCache::Lease lease(cache_, app);
    put(dir_.path() / "clone/file", "x");
    EXPECT_TRUE(commit(lease, "clone", bytes));
    const timespec times[2] = {{second, 0}, {second, 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, (place(app).string() + ".size").c_str(), times, 0), 0);
    return app;
  }
};

TEST_F(Cache, IsClonedAndReplacedAsAWhole) {
  const BuildCache::Lease lease(cache_, app_);
  ASSERT_TRUE(cache_.clone_to(lease, dir_.str("first"), {}));
  EXPECT_TRUE(fs::is_empty(dir_.path() / "first"));
  put(dir_.path() / "first/node/a", "1");
  ASSERT_TRUE(commit(lease, "first"));
  ASSERT_TRUE(cache_.clone_to(lease, dir_.str("second"), {}));
  EXPECT_EQ(content(dir_.path() / "second/node/a"), "1");
  // What is written in place does not reach the cache.
  std::ofstream(dir_.path() / "second/node/a", std::ios::app) << "harm";
  EXPECT_EQ(content(place(app_) / "node/a"), "1");
  fs::remove(dir_.path() / "second/node/a");
  put(dir_.path() / "second/node/b", "2");
  ASSERT_TRUE(commit(lease, "second"));
  EXPECT_FALSE(fs::exists(place(app_) / "node/a"));
  EXPECT_EQ(content(place(app_) / "node/b"), "2");
  EXPECT_TRUE(fs::exists(dir_.path() / "trash/node/a"));
  ASSERT_TRUE(cache_.remove(app_));
  EXPECT_TRUE(fs::is_empty(dir_.path() / "cache"));
}

TEST_F(Cache, KnowsTheSlugOfItsBuild) {
  const BuildCache::Lease lease(cache_, app_);
  const SlugId other = SlugId::make(random_);
  EXPECT_TRUE(cache_.fits(lease, slug_)) << "there is none";
  put(dir_.path() / "clone/a", "1");
  ASSERT_TRUE(commit(lease, "clone"));
  EXPECT_TRUE(cache_.fits(lease, slug_));
  EXPECT_FALSE(cache_.fits(lease, other));
  EXPECT_FALSE(cache_.fits(lease, SlugId()));
}

TEST_F(Cache, ALinkInItsPlaceIsNotTaken) {
  const BuildCache::Lease lease(cache_, app_);
  fs::create_directory_symlink("/etc", dir_.path() / "evil");
  EXPECT_FALSE(commit(lease, "evil"));
  EXPECT_FALSE(fs::exists(place(app_)));
}

TEST_F(Cache, ABuildThatWasUnderwayAtAPurgeLeavesNoneBehind) {
  {
    const BuildCache::Lease lease(cache_, app_);
    put(dir_.path() / "clone/a", "1");
    ASSERT_TRUE(cache_.remove(app_));
    ASSERT_TRUE(commit(lease, "clone"));
    EXPECT_FALSE(fs::exists(place(app_)));
  }
  const BuildCache::Lease next(cache_, app_);
  ASSERT_TRUE(commit(next, "clone"));
  EXPECT_TRUE(fs::exists(place(app_)));
}

TEST_F(Cache, TheLeastRecentlyUsedGoesFirstAndNeverOneInUse) {
  const AppId oldest = make_cache(1000, 100);
  const AppId middle = make_cache(1000, 200);
  const AppId newest = make_cache(1000, 300);
  {
    const BuildCache::Lease in_use(cache_, oldest);
    cache_.keep_within_budget();
  }
  EXPECT_TRUE(fs::exists(place(oldest)));
  EXPECT_FALSE(fs::exists(place(middle)));
  EXPECT_TRUE(fs::exists(place(newest)));
  // To be cloned is to be used.
  {
    const BuildCache::Lease lease(cache_, oldest);
    ASSERT_TRUE(cache_.clone_to(lease, dir_.str("clone-of-oldest"), {}));
  }
  const AppId another = make_cache(1000, 400);
  cache_.keep_within_budget();
  EXPECT_TRUE(fs::exists(place(oldest)));
  EXPECT_FALSE(fs::exists(place(newest)));
  EXPECT_TRUE(fs::exists(place(another)));
}

TEST_F(Cache, OneWithoutASizeIsCountedAndWhatWasSetAsideIsRemovedAtStart) {
  put(place(app_) / "file", std::string(20'000, 'x'));
  fs::create_directories(dir_.path() / "cache/.gone-x/inner");
  cache_.clean_leftovers();
  EXPECT_FALSE(fs::exists(dir_.path() / "cache/.gone-x"));
  cache_.keep_within_budget();
  EXPECT_FALSE(fs::exists(place(app_)));
}

TEST_F(Cache, ACopyEndsWhenItIsToldTo) {
  make_cache(10, 1);
  const BuildCache::Lease lease(cache_, app_);
  put(place(app_) / "file", "x");
  std::stop_source stop;
  stop.request_stop();
  const auto copied = cache_.clone_to(lease, dir_.str("target"), {}, stop.get_token());
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace davit::build
