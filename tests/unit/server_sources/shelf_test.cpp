#include "server/sources/shelf.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"

namespace davit::sources {
namespace {

namespace fs = std::filesystem;

class ShelfTest : public ::testing::Test {
 protected:
  Shelf::Item put(Shelf& shelf, const std::string& key) {
    const std::string room = shelf.incoming().value();
    fs::create_directories(room + "/entry");
    std::ofstream(room + "/entry/data") << std::string(100 * 1024, 'x');
    auto item = shelf.put(key, room + "/entry");
    fs::remove_all(room);
    return item.value();
  }
  bool has(const std::string& key) { return fs::exists(dir_.path() / "shelf" / key); }
  test::TempDir dir_;
};

TEST_F(ShelfTest, TheLeastRecentlyUsedGoesButNothingThatIsHeld) {
  Shelf shelf(dir_.str("shelf"), 350 * 1024);
  auto held = put(shelf, "held");
  put(shelf, "old");
  put(shelf, "used");
  EXPECT_TRUE(shelf.find("old"));
  put(shelf, "new");
  EXPECT_TRUE(has("held")) << "a build copies it now";
  EXPECT_TRUE(has("old")) << "used since";
  EXPECT_FALSE(has("used"));
  EXPECT_FALSE(shelf.find("used"));
  held.lease.reset();
  put(shelf, "newer");
  EXPECT_FALSE(has("held"));
}

TEST_F(ShelfTest, WhatIsKeptIsFoundAgainAndLeftoversAreNot) {
  {
    Shelf shelf(dir_.str("shelf"), 1 << 20);
    put(shelf, "kept");
    EXPECT_TRUE(shelf.incoming());  // of a davitd that is killed now
  }
  Shelf shelf(dir_.str("shelf"), 1 << 20);
  EXPECT_TRUE(shelf.find("kept"));
  EXPECT_FALSE(shelf.find("other"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path() / "shelf"), {}), 1);
}

TEST(ShelfKey, ASecretInTheAddressIsPartOfIt) {
  EXPECT_NE(shelf_key("https://h/a.git", "1"), shelf_key("https://me:x@h/a.git", "1"));
  EXPECT_NE(shelf_key("https://h/a.git", "1"), shelf_key("https://h/a.git", "2"));
}

}  // namespace
}  // namespace davit::sources
