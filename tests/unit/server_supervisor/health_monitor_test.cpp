#include "server/supervisor/health_monitor.hpp"

#include <gtest/gtest.h>

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;
using Verdict = HealthMonitor::Verdict;

class HealthMonitorTest : public testing::Test {
 protected:
  HealthMonitorTest() {
    check_.interval = 10s;
    check_.attempts = 3;
  }
  HttpCheck check_;
  SteadyTime now_{1h};
};

TEST_F(HealthMonitorTest, AStartCheckAsksAtOnceAndPassesWithTheFirstGoodAnswer) {
  HealthMonitor monitor(CheckKind::start, check_, now_);
  EXPECT_EQ(monitor.due(), now_);
  EXPECT_EQ(monitor.answered(false, now_), Verdict::going_on);
  EXPECT_EQ(monitor.due(), now_ + 10s);
  EXPECT_EQ(monitor.answered(true, now_ + 10s), Verdict::passed);
}

TEST_F(HealthMonitorTest, ItFailsWhenAllAttemptsFailed) {
  HealthMonitor monitor(CheckKind::start, check_, now_);
  EXPECT_EQ(monitor.answered(false, now_), Verdict::going_on);
  EXPECT_EQ(monitor.answered(false, now_), Verdict::going_on);
  EXPECT_EQ(monitor.answered(false, now_), Verdict::failed);
  EXPECT_EQ(monitor.failures(), 3);
}

TEST_F(HealthMonitorTest, LivenessGoesOnAndForgetsAFailureThatPassed) {
  HealthMonitor monitor(CheckKind::liveness, check_, now_);
  EXPECT_EQ(monitor.due(), now_ + 10s) << "it was asked when it came up";
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(monitor.answered(false, now_), Verdict::going_on);
    EXPECT_EQ(monitor.answered(false, now_), Verdict::going_on);
    EXPECT_EQ(monitor.answered(true, now_), Verdict::going_on);
    EXPECT_EQ(monitor.failures(), 0);
  }
  EXPECT_EQ(monitor.answered(false, now_), Verdict::going_on);
  EXPECT_EQ(monitor.answered(false, now_), Verdict::going_on);
  EXPECT_EQ(monitor.answered(false, now_), Verdict::failed);
}

}  // namespace
}  // namespace davit::supervisor
