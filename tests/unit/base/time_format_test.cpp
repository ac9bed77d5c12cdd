#include "base/time_format.hpp"

#include <gtest/gtest.h>

namespace davit {
namespace {

// RFC 9110, 5.6.7.
constexpr WallTime example{std::chrono::seconds(784'111'777)};

TEST(TimeFormat, EveryFormIsUtc) {
  EXPECT_EQ(http_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(iso8601(example), "1994-11-06T08:49:37Z");
  EXPECT_EQ(rfc5424(example + std::chrono::microseconds(42)), "1994-11-06T08:49:37.000042+00:00");
}

TEST(TimeFormat, MicrosecondsGoThereAndBack) {
  EXPECT_EQ(from_micros(to_micros(example)), example);
}

}  // namespace
}  // namespace davit
