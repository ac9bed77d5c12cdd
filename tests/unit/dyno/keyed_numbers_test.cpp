#include "dyno/watch/keyed_numbers.hpp"

#include <gtest/gtest.h>

namespace davit::dyno {
namespace {

TEST(KeyedNumbers, FindsTheWholeKeyAndNoOther) {
  const char* events = "low 0\nhigh 17\nmax 3\noom 2\noom_kill 1\noom_group_kill 4\n";
  EXPECT_EQ(keyed_number(events, "high"), 17u);
  EXPECT_EQ(keyed_number(events, "oom"), 2u);
  EXPECT_EQ(keyed_number(events, "oom_kill"), 1u);
  EXPECT_EQ(keyed_number(events, "kill"), 0u);
}

TEST(KeyedNumbers, WhatIsNoNumberIsZero) {
  EXPECT_EQ(keyed_number("max max\nx\n", "max"), 0u);
  EXPECT_EQ(keyed_number("", "max"), 0u);
  EXPECT_EQ(keyed_number("max", "max"), 0u);
  EXPECT_EQ(lone_number("max\n"), 0u);
  EXPECT_EQ(lone_number("18446744073709551615\n"), ~0ull);
}

}  // namespace
}  // namespace davit::dyno
