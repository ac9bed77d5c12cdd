#include "server/runtimes/wish.hpp"

#include <gtest/gtest.h>

#include "server/runtimes/support_table.hpp"

namespace davit::runtimes {
namespace {
using namespace std::chrono_literals;

constexpr WallTime that_day{std::chrono::sys_days(2025y / 1 / 15)};

TEST(Wishes, AreReadLineByLine) {
  const auto wishes = parse_wishes(
      "node >=18 <23 # engines.node in package.json\n\npnpm 9.1.0\npython # nothing\n# said\n");
  ASSERT_TRUE(wishes);
  ASSERT_EQ(wishes->size(), 3u);
  EXPECT_EQ(wishes->at(0).language->name, "node");
  EXPECT_EQ(wishes->at(0).range, ">=18 <23");
  EXPECT_EQ(wishes->at(0).where, "engines.node in package.json");
  EXPECT_EQ(wishes->at(1).range, "9.1.0");
  EXPECT_EQ(wishes->at(2).range, "");
  EXPECT_FALSE(parse_wishes("cobol 1\n"));
  EXPECT_FALSE(parse_wishes("../../x 1\n"));
  EXPECT_FALSE(parse_wishes(std::string(20'000, ' ')));
  std::string many;
  for (int i = 0; i < 20; ++i) many += "node\n";
  EXPECT_FALSE(parse_wishes(many));
}

std::string range(const char* language, const char* text) {
  const auto range = range_of({find_language(language), text, "here"}, that_day);
  return range ? range->str() : "none";
}

TEST(Wishes, NamesThatAreNoRanges) {
  EXPECT_EQ(range("node", "lts/*"), ">=22.0.0 <23.0.0-0");
  EXPECT_EQ(range("node", "lts/Iron"), ">=20.0.0 <21.0.0-0");
  EXPECT_EQ(range("node", "lts"), ">=22.0.0 <23.0.0-0");
  EXPECT_EQ(range("node", "latest"), "*");
  EXPECT_EQ(range("node", "node"), "*");
  EXPECT_EQ(range("node", "v20"), ">=20.0.0 <21.0.0-0");
  EXPECT_EQ(range("node", "lts/nothing"), "none");
  EXPECT_EQ(range("python", "3.12"), ">=3.12.0 <3.13.0-0");
  EXPECT_EQ(range("python", "^3.11"), ">=3.11.0 <4.0.0-0");
  EXPECT_EQ(range("python", "~=3.11"), ">=3.11.0 <4.0.0-0");
  EXPECT_EQ(range("python", "pypy3.10"), "none");
}

TEST(SupportTable, KnowsWhatHasEnded) {
  EXPECT_EQ(end_of_support("node", *Version::parse("16.20.0"), that_day), "2023-09-11");
  EXPECT_EQ(end_of_support("node", *Version::parse("22.1.0"), that_day), std::nullopt);
  EXPECT_EQ(end_of_support("python", *Version::parse("3.8.1"), that_day), "2024-10-07");
  EXPECT_EQ(end_of_support("python", *Version::parse("3.12.1"), that_day), std::nullopt);
  EXPECT_EQ(end_of_support("node", *Version::parse("99.0.0"), that_day), std::nullopt);
  EXPECT_EQ(newest_lts("node", that_day), 22u);
  EXPECT_EQ(newest_lts("node", that_day + 24h * 365), 24u);
  EXPECT_EQ(newest_lts("python", that_day), std::nullopt);
}

}  // namespace
}  // namespace davit::runtimes
