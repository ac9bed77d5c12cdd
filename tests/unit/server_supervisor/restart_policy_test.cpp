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

TEST(RestartBudget, ABurstIsFreeThenOnePerInterval) {
  RestartBudget budget(10s);
  const SteadyTime now{1h};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(budget.take(now, 10), now);
  EXPECT_EQ(budget.take(now, 10), now + 10s);
  EXPECT_EQ(budget.take(now, 10), now + 20s);
  EXPECT_EQ(budget.take(now + 1h, 10), now + 1h);
  budget.reset();
  EXPECT_EQ(budget.take(now, 10), now);
}

}  // namespace
}  // namespace davit::supervisor
