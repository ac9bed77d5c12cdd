#include "base/duration.hpp"

#include <gtest/gtest.h>

namespace davit {
namespace {

using namespace std::chrono_literals;

constexpr DurationRange range{100ms, 24h};

TEST(Duration, HasANumberAndAUnit) {
  EXPECT_EQ(parse_duration("200ms", range).value(), 200ms);
  EXPECT_EQ(parse_duration("30s", range).value(), 30s);
  EXPECT_EQ(parse_duration("15m", range).value(), 15min);
  EXPECT_EQ(parse_duration("2h", range).value(), 2h);
}

TEST(Duration, AnythingElseIsRefusedAndSaysWhatIsMeant) {
  for (const char* text : {"", "5", "s", "5 s", " 5s", "5S", "1.5s", "5s5s", "0x5s", "+5s", "ms"}) {
    const auto refused = parse_duration(text, range);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().message,
              "'" + std::string(text) +
                  "' is not a time; write a whole number and its unit: 200ms, 30s, 15m or 2h");
  }
}

TEST(Duration, TheRangeHoldsForHugeAndNegativeNumbersToo) {
  EXPECT_EQ(parse_duration("100ms", range).value(), 100ms);
  EXPECT_EQ(parse_duration("24h", range).value(), 24h);
  for (const char* text :
       {"99ms", "0s", "-5s", "25h", "9223372036854775807h", "99999999999999999999s"}) {
    const auto refused = parse_duration(text, range);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().message,
              "'" + std::string(text) + "' is out of range; choose between 100ms and 24h");
  }
}

TEST(Duration, IsWrittenAsItWouldBeRead) {
  EXPECT_EQ(format_duration(100ms), "100ms");
  EXPECT_EQ(format_duration(1s), "1s");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(60s), "60s");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(30min), "30m");
  EXPECT_EQ(format_duration(1h), "60m");
  EXPECT_EQ(format_duration(0ms), "0ms");
}

}  // namespace
}  // namespace davit
