#include "server/runtimes/range.hpp"

#include <gtest/gtest.h>

// The examples are those of the specification: github.com/npm/node-semver, "Ranges" and its tables.
namespace davit::runtimes {
namespace {

std::string desugared(const char* text) {
  const auto range = Range::parse(text);
  return range ? range->str() : range.error().message;
}

bool admits(const char* range, const char* version) {
  return Range::parse(range).value().admits(*Version::parse(version));
}

TEST(Range, MeansWhatTheSpecificationSays) {
  const char* examples[][2] = {
      // hyphens
      {"1.2.3 - 2.3.4", ">=1.2.3 <=2.3.4"},
      {"1.2 - 2.3.4", ">=1.2.0 <=2.3.4"},
      {"1.2.3 - 2.3", ">=1.2.3 <2.4.0-0"},
      {"1.2.3 - 2", ">=1.2.3 <3.0.0-0"},
      {"* - 2", "<3.0.0-0"},
      // x-ranges
      {"*", "*"},
      {"", "*"},
      {"1.x", ">=1.0.0 <2.0.0-0"},
      {"1.2.x", ">=1.2.0 <1.3.0-0"},
      {"1", ">=1.0.0 <2.0.0-0"},
      {"1.2", ">=1.2.0 <1.3.0-0"},
      {"1.2.*", ">=1.2.0 <1.3.0-0"},
      {"1.x.x", ">=1.0.0 <2.0.0-0"},
      {"v20", ">=20.0.0 <21.0.0-0"},
      // tildes
      {"~1.2.3", ">=1.2.3 <1.3.0-0"},
      {"~1.2", ">=1.2.0 <1.3.0-0"},
      {"~1", ">=1.0.0 <2.0.0-0"},
      {"~0.2.3", ">=0.2.3 <0.3.0-0"},
      {"~0.2", ">=0.2.0 <0.3.0-0"},
      {"~0", ">=0.0.0 <1.0.0-0"},
      {"~1.2.3-beta.2", ">=1.2.3-beta.2 <1.3.0-0"},
      {"~> 1.2", ">=1.2.0 <1.3.0-0"},
      // carets
      {"^1.2.3", ">=1.2.3 <2.0.0-0"},
      {"^0.2.3", ">=0.2.3 <0.3.0-0"},
      {"^0.0.3", ">=0.0.3 <0.0.4-0"},
      {"^1.2.3-beta.2", ">=1.2.3-beta.2 <2.0.0-0"},
      {"^0.0.3-beta", ">=0.0.3-beta <0.0.4-0"},
      {"^1.2.x", ">=1.2.0 <2.0.0-0"},
      {"^0.0.x", ">=0.0.0 <0.1.0-0"},
      {"^0.0", ">=0.0.0 <0.1.0-0"},
      {"^1.x", ">=1.0.0 <2.0.0-0"},
      {"^0.x", ">=0.0.0 <1.0.0-0"},
      {"^ 1.2 ^ 1", ">=1.2.0 <2.0.0-0 >=1.0.0 <2.0.0-0"},
      // comparators
      {">=18 <23", ">=18.0.0 <23.0.0-0"},
      {">= 18.0.0  < 23", ">=18.0.0 <23.0.0-0"},
      {">1.2", ">=1.3.0"},
      {">1", ">=2.0.0"},
      {"<=1.2", "<1.3.0-0"},
      {"<1.2.3", "<1.2.3"},
      {"<*", "<0.0.0-0"},
      {">=*", "*"},
      {"= 1.2.3", "1.2.3"},
      {"==20", ">=20.0.0 <21.0.0-0"},
      {"1.2.7 || >=1.2.9 <2.0.0", "1.2.7 || >=1.2.9 <2.0.0"},
      {"^18 || ^20||>=22", ">=18.0.0 <19.0.0-0 || >=20.0.0 <21.0.0-0 || >=22.0.0"},
      {"18 ||", ">=18.0.0 <19.0.0-0 || *"},
  };
  for (const auto& [range, meaning] : examples) EXPECT_EQ(desugared(range), meaning) << range;
}

TEST(Range, AdmitsWhatTheSpecificationSays) {
  EXPECT_TRUE(admits(">=1.2.7 <1.3.0", "1.2.99"));
  EXPECT_FALSE(admits(">=1.2.7 <1.3.0", "1.2.6"));
  EXPECT_FALSE(admits(">=1.2.7 <1.3.0", "1.3.0"));
  EXPECT_TRUE(admits("1.2.7 || >=1.2.9 <2.0.0", "1.4.6"));
  EXPECT_FALSE(admits("1.2.7 || >=1.2.9 <2.0.0", "1.2.8"));
  EXPECT_FALSE(admits("<2", "2.0.0-alpha"));
}

TEST(Range, APreReleaseNeedsOneOfTheSameNumbers) {
  EXPECT_TRUE(admits(">1.2.3-alpha.3", "1.2.3-alpha.7"));
  EXPECT_FALSE(admits(">1.2.3-alpha.3", "3.4.5-alpha.9"));
  EXPECT_TRUE(admits(">1.2.3-alpha.3", "3.4.5"));
  EXPECT_TRUE(admits("^1.2.3-beta.2", "1.2.3-beta.4"));
  EXPECT_FALSE(admits("^1.2.3-beta.2", "1.2.4-beta.2"));
  EXPECT_FALSE(admits("*", "1.0.0-rc.1"));
}

TEST(Range, WhatIsNoneIsToldWithTheWord) {
  for (const char* text : {"lts", ">", "1.2.3.4", ">=1.x.y", "^^1", "1 -", "!=1", "node18", "1,2",
                           "9007199254740991"}) {
    const auto range = Range::parse(text);
    ASSERT_FALSE(range) << text;
    EXPECT_NE(range.error().message.find("is no version range"), std::string::npos);
  }
  EXPECT_FALSE(Range::parse(std::string(2000, '1')));
  std::string many = "1";
  for (int i = 0; i < 100; ++i) many += "||1";
  EXPECT_FALSE(Range::parse(many));
}

TEST(Range, TheBestIsTheGreatestThatIsAdmitted) {
  std::vector<Version> versions;
  for (const char* text : {"18.20.1", "20.1.0", "20.11.1", "20.9.0", "22.0.0-rc.1", "21.0.0"}) {
    versions.push_back(*Version::parse(text));
  }
  EXPECT_EQ(best_of(versions, *Range::parse("20.x"))->str(), "20.11.1");
  EXPECT_EQ(best_of(versions, *Range::parse(">=18"))->str(), "21.0.0");
  EXPECT_EQ(best_of(versions, *Range::parse("23")), nullptr);
}

TEST(Range, KnowsWhetherItHasAnEnd) {
  EXPECT_TRUE(Range::parse(">=18")->open_ended());
  EXPECT_TRUE(Range::parse("18 || >=20")->open_ended());
  EXPECT_TRUE(Range::any().open_ended());
  EXPECT_FALSE(Range::parse(">=18 <23")->open_ended());
  EXPECT_FALSE(Range::parse("^20")->open_ended());
}

// packaging.python.org/en/latest/specifications/version-specifiers
TEST(Range, PythonsSpecifiers) {
  const char* examples[][2] = {
      {">=3.9,<4", ">=3.9.0 <4.0.0-0"},
      {">= 3.9 , < 3.13", ">=3.9.0 <3.13.0-0"},
      {"~=3.11", ">=3.11.0 <4.0.0-0"},
      {"~=3.11.2", ">=3.11.2 <3.12.0-0"},
      {"==3.12.*", ">=3.12.0 <3.13.0-0"},
      {"3.12", ">=3.12.0 <3.13.0-0"},
      {"==3.12.1", "3.12.1"},
      {"<=3.12", "<=3.12.0"},
      {">3.11", ">3.11.0"},
      {">=3.9,!=3.10.0", ">=3.9.0 <3.10.0 || >=3.9.0 >3.10.0"},
      {">=3.9,!=3.10.*", ">=3.9.0 <3.10.0 || >=3.9.0 >=3.11.0"},
      {"", "*"},
  };
  for (const auto& [text, meaning] : examples) {
    const auto range = Range::parse_python(text);
    EXPECT_EQ(range ? range->str() : range.error().message, meaning) << text;
  }
  EXPECT_FALSE(Range::parse_python("^3.11"));
  EXPECT_FALSE(Range::parse_python(">=3.9 <4"));
  EXPECT_FALSE(Range::parse_python("~=3"));
}

}  // namespace
}  // namespace davit::runtimes
