#include "server/logs/flood_gate.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"

namespace davit::logs {
namespace {

using namespace std::chrono_literals;

class FloodGateTest : public testing::Test {
 protected:
  // Offers lines of 100 bytes as fast as the gate lets them, for so long; what passed, in lines.
  std::size_t flood(std::chrono::milliseconds time) {
    std::size_t lines = 0;
    for (const SteadyTime end = clock_.steady() + time; clock_.steady() < end;) {
      if (gate_.open(clock_.steady())) {
        gate_.passed(100, 10'000);
        lines += 100;
      }
      clock_.advance(100us);
    }
    return lines;
  }
  test::FakeClock clock_;
  FloodGate gate_;
};

TEST_F(FloodGateTest, ABurstPassesWhole) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(gate_.open(clock_.steady()));
    gate_.passed(500, 50'000);
  }
}

TEST_F(FloodGateTest, AFloodIsHeldToItsRate) {
  flood(60s);  // the burst is gone
  const double cost = 100 + limits::flood_line_overhead;
  const double lines = static_cast<double>(flood(60s));
  EXPECT_NEAR(lines * cost / 60, limits::flood_bytes_per_second,
              limits::flood_bytes_per_second * 0.05);
}

TEST_F(FloodGateTest, QuietFillsItAgainAndNoMoreThanTheBurst) {
  flood(60s);
  clock_.advance(24h);
  const double cost = 100 + limits::flood_line_overhead;
  const double lines = static_cast<double>(flood(1s));
  EXPECT_LT(lines * cost, limits::flood_burst_bytes + 2 * limits::flood_bytes_per_second);
  EXPECT_GT(lines * cost, limits::flood_burst_bytes * 0.9);
}

TEST_F(FloodGateTest, LossIsToldInOneLineThatCounts) {
  LostLines lost;
  EXPECT_FALSE(lost.due(clock_.steady()));
  for (int i = 0; i < 10; ++i) lost.lost(50, clock_.wall(), clock_.steady());
  EXPECT_FALSE(lost.due(clock_.steady())) << "more may be about to be lost";
  clock_.advance(limits::lost_lines_gathered);
  EXPECT_EQ(*lost.due(clock_.steady()),
            "Error L10 (output buffer overflow): 500 messages dropped since "
            "2026-01-01T00:00:00.000000+00:00.");
  EXPECT_FALSE(lost.due(clock_.steady()));
}

TEST_F(FloodGateTest, AFloodSaysItAtIntervals) {
  LostLines lost;
  int said = 0;
  for (int second = 0; second < 60; ++second) {
    lost.lost(1000, clock_.wall(), clock_.steady());
    clock_.advance(1s);
    if (lost.due(clock_.steady())) ++said;
  }
  EXPECT_LE(said, 60s / limits::lost_lines_interval + 1);
  EXPECT_GE(said, 3);
}

TEST_F(FloodGateTest, ATornLineCountsAsOneAndTheRestIsToldAtTheEnd) {
  LostLines lost;
  lost.lost(0, clock_.wall(), clock_.steady());
  EXPECT_NE(lost.rest()->find(" 1 messages dropped"), std::string::npos);
  EXPECT_FALSE(lost.rest());
}

}  // namespace
}  // namespace davit::logs
