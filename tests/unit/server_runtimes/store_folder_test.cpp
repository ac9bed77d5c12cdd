#include "server/runtimes/store_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::runtimes {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

class StoreFolderTest : public ::testing::Test {
 protected:
  Result<> add(const char* version, std::size_t bytes = 10) {
    const auto added =
        store_.add("node", *Version::parse(version), [&](const std::string& folder) -> Result<> {
          std::ofstream(folder + "/file") << std::string(bytes, 'x');
          return {};
        });
    if (added) store_.mark_used("node", *Version::parse(version));
    return added;
  }
  std::string versions() {
    std::string text;
    for (const auto& one : store_.list()) text += one.version.str() + (one.pinned ? "! " : " ");
    return text;
  }
  test::TempDir dir_;
  test::FakeClock clock_;
  test::SeededRandom random_{5};
  StoreFolder store_{dir_.str("runtimes"), clock_, random_};
};

TEST_F(StoreFolderTest, ARuntimeComesInOneStepAndOnce) {
  EXPECT_EQ(versions(), "");
  ASSERT_TRUE(add("22.1.0"));
  ASSERT_TRUE(add("20.1.0"));
  EXPECT_EQ(versions(), "20.1.0 22.1.0 ");
  EXPECT_EQ(add("22.1.0").error().code, Errc::conflict);
  EXPECT_TRUE(fs::exists(dir_.path() / "runtimes/node/22.1.0/file"));
}

TEST_F(StoreFolderTest, WhatFailsLeavesNothing) {
  const auto failed = store_.add("node", *Version::parse("1.0.0"), [](const std::string& folder) {
    std::ofstream(folder + "/part") << "x";
    return Result<>(fail(Errc::corrupt, "broken"));
  });
  EXPECT_FALSE(failed);
  EXPECT_TRUE(fs::is_empty(dir_.path() / "runtimes/node"));
}

TEST_F(StoreFolderTest, WhatACrashLeftIsNoRuntimeAndGoesAtStart) {
  fs::create_directories(dir_.path() / "runtimes/node/.new-0123");
  fs::create_directories(dir_.path() / "runtimes/other/1.0.0");
  EXPECT_EQ(versions(), "");
  store_.clean_leftovers();
  EXPECT_FALSE(fs::exists(dir_.path() / "runtimes/node/.new-0123"));
}

TEST_F(StoreFolderTest, SweepingKeepsWhatIsReferencedPinnedOrNew) {
  for (const char* version : {"1.0.0", "2.0.0", "3.0.0", "4.0.0"}) {
    ASSERT_TRUE(add(version, 100'000));
    clock_.advance(1h);
  }
  ASSERT_TRUE(store_.pin("node", *Version::parse("2.0.0")));
  clock_.advance(10h);
  ASSERT_TRUE(add("5.0.0", 100'000));
  // Within the budget nothing goes.
  EXPECT_TRUE(store_.sweep({{"node", "1.0.0"}}, 10'000'000).empty());
  const auto gone = store_.sweep({{"node", "1.0.0"}}, 350'000);
  ASSERT_EQ(gone.size(), 2u);
  EXPECT_EQ(gone[0].second, "3.0.0");  // unused for longest
  EXPECT_EQ(versions(), "1.0.0 2.0.0! 5.0.0 ");
  EXPECT_TRUE(store_.sweep({{"node", "1.0.0"}}, 0).empty());
}

TEST_F(StoreFolderTest, RemovingNamesWhatIsNotThere) {
  ASSERT_TRUE(add("1.0.0"));
  ASSERT_TRUE(store_.pin("node", *Version::parse("1.0.0")));
  EXPECT_TRUE(store_.remove("node", *Version::parse("1.0.0")));
  EXPECT_TRUE(fs::is_empty(dir_.path() / "runtimes/node"));
  EXPECT_EQ(store_.remove("node", *Version::parse("1.0.0")).error().code, Errc::not_found);
}

}  // namespace
}  // namespace davit::runtimes
