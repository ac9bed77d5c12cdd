#include "server/supervisor/restart_policy.hpp"

#include <gtest/gtest.h>

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;

TEST(RestartPolicy, FirstAtOnceThenDoublingUpToACap) {
  const RestartPolicy policy;
  EXPECT_EQ(policy.delay(1, 0), 0s);
  EXPECT_EQ(policy.delay(2, 0), 2s);
  EXPECT_EQ(policy.delay(3, 0), 4s);
  EXPECT_EQ(policy.delay(6, 0), 32s);
  EXPECT_EQ(policy.delay(1000, 0), 5min);
}

TEST(RestartPolicy, JitterShortensByAtMostAQuarter) {
  const RestartPolicy policy;
  for (double jitter : {0.0, 0.3, 0.999}) {
    EXPECT_LE(policy.delay(5, jitter), 16s);
    EXPECT_GE(policy.delay(5, jitter), 12s);
  }
}

TEST(RestartPolicy, TenHealthyMinutesAreAFreshStart) {
  const RestartPolicy policy;
  EXPECT_EQ(policy.count(5, 9min), 6u);
  EXPECT_EQ(policy.count(5, 10min), 1u);
}

}  // namespace
}  // namespace davit::supervisor
