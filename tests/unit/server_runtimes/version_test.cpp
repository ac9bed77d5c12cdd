#include "server/runtimes/version.hpp"

#include <gtest/gtest.h>

namespace davit::runtimes {
namespace {

TEST(Version, IsReadWithPrefixPreReleaseAndBuild) {
  const auto version = Version::parse(" v1.2.3-rc.1+build.5 ");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->str(), "1.2.3-rc.1");
  EXPECT_EQ(Version::parse("=v1.0.0")->str(), "1.0.0");
}

TEST(Version, WhatIsNoneIsRefused) {
  for (const char* text : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b",
                           "1.2.3+", "a.b.c", "1.2.3 4", "9007199254740992.0.0", "-1.2.3"}) {
    EXPECT_FALSE(Version::parse(text)) << text;
  }
  EXPECT_TRUE(Version::parse("9007199254740991.0.0"));
  EXPECT_FALSE(Version::parse("1.2.3-" + std::string(300, 'a')));
}

// The row of semver.org, rule 11.
TEST(Version, OrderIsThatOfTheStandard) {
  const char* rising[] = {"1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                          "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                          "1.0.1",        "1.2.0",         "1.10.0",           "2.0.0-0",
                          "2.0.0"};
  for (std::size_t i = 0; i + 1 < std::size(rising); ++i) {
    EXPECT_LT(*Version::parse(rising[i]), *Version::parse(rising[i + 1])) << rising[i];
  }
  EXPECT_EQ(*Version::parse("1.0.0+a"), *Version::parse("1.0.0+b"));
}

TEST(Version, IsFoundInWhatProgramsSay) {
  EXPECT_EQ(Version::find_in("v20.11.1")->str(), "20.11.1");
  EXPECT_EQ(Version::find_in("Python 3.11.2")->str(), "3.11.2");
  EXPECT_EQ(Version::find_in("Python 3.13.0rc1")->str(), "3.13.0-rc1");
  EXPECT_EQ(Version::find_in("go version go1.22 linux/amd64")->str(), "1.22.0");
  EXPECT_EQ(Version::find_in("go version go1.22rc2 linux/amd64")->str(), "1.22.0-rc2");
  EXPECT_EQ(Version::find_in("openjdk 17.0.9 2023-10-17")->str(), "17.0.9");
  EXPECT_FALSE(Version::find_in("no version 5"));
}

}  // namespace
}  // namespace davit::runtimes
