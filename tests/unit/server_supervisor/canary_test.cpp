#include "server/supervisor/canary.hpp"

#include <gtest/gtest.h>

#include "server/supervisor/limits.hpp"
#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

using Side = CanaryWatch::Side;
using std::chrono::minutes;
using std::chrono::seconds;

DynoName dyno(const char* name) { return DynoName::parse(name).value(); }

TEST(CanaryNames, AreBeyondAnyFormation) {
  EXPECT_TRUE(is_canary_name(dyno("web.101")));
  EXPECT_FALSE(is_canary_name(dyno("web.100")));
  EXPECT_FALSE(is_canary_name(dyno("worker.101")));
}

TEST(CanaryQuantity, IsItsShareOfTheDynosAndAtLeastOne) {
  EXPECT_EQ(canary_quantity(1, 1), 1u);
  EXPECT_EQ(canary_quantity(10, 10), 1u);
  EXPECT_EQ(canary_quantity(10, 11), 2u);
  EXPECT_EQ(canary_quantity(100, 99), 99u);
  EXPECT_EQ(canary_quantity(0, 50), 0u) << "nothing serves, nothing is tried";
}

// The share that the canary's dynos have of all the weight, for every number of dynos.
TEST(CanaryWeights, GiveTheShareWhateverTheNumbers) {
  for (const std::uint32_t percent : {1u, 10u, 33u, 50u, 90u, 99u}) {
    for (std::uint32_t current = 1; current <= 100; ++current) {
      for (std::uint32_t canary = 1; canary <= 100; ++canary) {
        const auto weights = canary_weights(current, canary, percent);
        ASSERT_GE(weights.current, 1u);
        ASSERT_GE(weights.canary, 1u);
        ASSERT_LE(weights.current, 10'000u);
        ASSERT_LE(weights.canary, 10'000u);
        ASSERT_NE(weights.current, weights.canary) << "one group would share by load alone";
        const double own = weights.canary * canary;
        const double share = 100 * own / (own + weights.current * current);
        ASSERT_NEAR(share, percent, 0.05) << current << " + " << canary;
      }
    }
  }
}

TEST(CanaryWeights, StayWithinTheRoutersBoundWhileAFormationRestarts) {
  for (const std::uint32_t percent : {1u, 60u, 90u, 99u}) {
    const auto weights = canary_weights(199, 99, percent);
    EXPECT_LE(weights.current, 10'000u);
    EXPECT_LE(weights.canary, 10'000u);
    const double own = weights.canary * 99;
    EXPECT_NEAR(100 * own / (own + weights.current * 199), percent, 0.5);
  }
}

class CanaryWatchTest : public testing::Test {
 protected:
  void serve(Side side, std::uint64_t requests, std::uint64_t failed = 0) {
    watch_.served({side, requests, failed}, clock_.steady());
  }
  bool sound() const { return watch_.failure().empty(); }
  test::FakeClock clock_;
  CanaryWatch watch_;
};

TEST_F(CanaryWatchTest, OneCrashIsEnoughAndTheFirstIsTold) {
  watch_.crashed(dyno("web.101"), "exited with status 1");
  watch_.crashed(dyno("web.102"), "exited with status 2");
  EXPECT_EQ(watch_.failure(), "web.101 crashed: exited with status 1");
}

TEST_F(CanaryWatchTest, AFewFailuresOfAFewAreSeenAtOnce) {
  serve(Side::current, 36);
  serve(Side::canary, 4, 4);
  EXPECT_TRUE(sound());
  serve(Side::canary, 1, 1);
  EXPECT_EQ(watch_.failure(),
            "5 of 5 requests to it failed with 5xx (100.0%), of those to the current release 0.0%");
}

TEST_F(CanaryWatchTest, WithoutAnythingToCompareWithNothingIsClear) {
  serve(Side::canary, 1000, 1000);
  EXPECT_TRUE(sound());
  serve(Side::current, 10);
  serve(Side::canary, 1);
  EXPECT_FALSE(sound());
}

TEST_F(CanaryWatchTest, WhatTheCurrentReleaseFailsAtIsNoFaultOfIts) {
  for (int i = 0; i < 100; ++i) {
    serve(Side::current, 90, 9);
    serve(Side::canary, 10, 1);
  }
  EXPECT_TRUE(sound());
  serve(Side::canary, 30, 5);
  EXPECT_TRUE(sound()) << "chance";
}

TEST_F(CanaryWatchTest, ADifferenceThatIsCertainButTinyIsNone) {
  serve(Side::current, 1'000'000, 0);
  serve(Side::canary, 1'000'000, 5'000);
  EXPECT_TRUE(sound());
  serve(Side::canary, 1'000'000, 20'000);
  EXPECT_FALSE(sound());
}

TEST_F(CanaryWatchTest, FewerFailuresThanTheCurrentReleaseHasAreWelcome) {
  serve(Side::current, 1000, 500);
  serve(Side::canary, 1000, 1);
  EXPECT_TRUE(sound());
}

TEST_F(CanaryWatchTest, AGoodHourDoesNotHideABadMinute) {
  for (int i = 0; i < 360; ++i) {
    serve(Side::current, 900);
    serve(Side::canary, 100);
    clock_.advance(seconds(10));
  }
  EXPECT_TRUE(sound());
  // Of five minutes, not of the hour: 5 of 100 in each step.
  int steps = 0;
  for (; steps < 60 && sound(); ++steps) {
    serve(Side::current, 900);
    serve(Side::canary, 100, 5);
    clock_.advance(seconds(10));
  }
  EXPECT_LE(steps * seconds(10), minutes(3));
}

TEST_F(CanaryWatchTest, WhatIsLongAgoIsForgotten) {
  serve(Side::canary, 4, 4);
  clock_.advance(minutes(5));
  serve(Side::current, 1000);
  serve(Side::canary, 1, 1);
  EXPECT_TRUE(sound());
}

}  // namespace
}  // namespace davit::supervisor
