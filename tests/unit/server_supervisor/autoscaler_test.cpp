// The controller alone, and in simulated traffic.
#include "server/supervisor/autoscaler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

AutoscaleRules rules(std::uint32_t min, std::uint32_t max, milliseconds target) {
  AutoscaleRules made;
  made.min = min;
  made.max = max;
  made.target = target;
  return made;
}

class AutoscalerTest : public testing::Test {
 protected:
  std::int32_t look(milliseconds p95, std::uint32_t quantity, std::uint64_t requests = 100) {
    now_ += 10s;
    last_ = scaler_.look({p95, requests}, quantity, now_);
    return last_.change;
  }
  Autoscaler scaler_{rules(1, 4, 300ms)};
  ScaleDecision last_;
  SteadyTime now_{1h};
};

TEST_F(AutoscalerTest, GoesUpAfterHalfAMinuteAboveTheTargetAndSaysWhy) {
  EXPECT_EQ(look(400ms, 1), 0);
  EXPECT_EQ(look(410ms, 1), 0);
  EXPECT_EQ(look(420ms, 1), 0);
  EXPECT_EQ(look(430ms, 1), 1);
  EXPECT_EQ(last_.reason, "p95 response time 430 ms is above 300 ms for 30 s");
}

TEST_F(AutoscalerTest, OneGoodWindowInBetweenBeginsAnew) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(look(400ms, 2), 0);
    EXPECT_EQ(look(400ms, 2), 0);
    EXPECT_EQ(look(250ms, 2), 0);
  }
}

TEST_F(AutoscalerTest, ChangesAreAMinuteApart) {
  int changes = 0;
  for (int i = 0; i < 60; ++i) changes += look(900ms, 2) != 0 ? 1 : 0;  // ten minutes
  EXPECT_LE(changes, 10);
  EXPECT_GE(changes, 8);
}

TEST_F(AutoscalerTest, NeverAboveTheMaximumOrBelowTheMinimum) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(look(900ms, 4), 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(look(1ms, 1), 0);
  EXPECT_EQ(look(100ms, 6), -1);
  EXPECT_EQ(last_.reason, "more than the maximum of 4 dynos");
}

TEST_F(AutoscalerTest, GoesDownOnlyWhereOneLessWouldDo) {
  // 150 ms with two would be 300 ms with one: at the target, not below 70 % of it.
  for (int i = 0; i < 100; ++i) EXPECT_EQ(look(150ms, 2), 0);
  int after = 0;
  while (look(50ms, 2) == 0 && after < 1000) ++after;
  EXPECT_EQ(after, 30) << "five minutes";
  EXPECT_EQ(last_.change, -1);
}

TEST_F(AutoscalerTest, NoTrafficIsCalmAndAFormationAtZeroIsLeftAlone) {
  int after = 0;
  while (look(0ms, 3, 0) == 0 && after < 1000) ++after;
  EXPECT_EQ(after, 30);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(look(900ms, 0), 0);
}

TEST(AutoscaleRules, NonsenseIsRefused) {
  EXPECT_TRUE(AutoscaleRules::check(rules(1, 4, 300ms)));
  EXPECT_FALSE(AutoscaleRules::check(rules(0, 4, 300ms)));
  EXPECT_FALSE(AutoscaleRules::check(rules(5, 4, 300ms)));
  EXPECT_FALSE(AutoscaleRules::check(rules(1, 1000, 300ms)));
  EXPECT_FALSE(AutoscaleRules::check(rules(1, 4, 0ms)));
  EXPECT_FALSE(AutoscaleRules::check(rules(1, 4, 31s)));
}

// Requests share the dynos evenly; the nearer a dyno is to its capacity the longer everyone waits,
// as queues do.
struct Simulation {
  double capacity = 50;         // requests a second that one dyno bears
  milliseconds service = 60ms;  // of an idle one
  std::uint32_t quantity = 1;
  std::vector<std::pair<int, std::int32_t>> changes;  // window, change
  int windows_above = 0;

  milliseconds p95(double load) const {
    const double use = std::min(0.99, load / (capacity * quantity));
    const double p95 = 2.0 * static_cast<double>(service.count()) / (1.0 - use);
    return milliseconds(static_cast<long>(p95));
  }
  void run(Autoscaler& scaler, int windows, const std::function<double(int)>& load) {
    SteadyTime now{1h};
    for (int window = 0; window < windows; ++window) {
      now += 10s;
      const TrafficSample sample{p95(load(window)), static_cast<std::uint64_t>(load(window) * 10)};
      windows_above += sample.p95 > 500ms ? 1 : 0;
      const auto decision = scaler.look(sample, quantity, now);
      if (decision.change == 0) continue;
      quantity = static_cast<std::uint32_t>(static_cast<std::int32_t>(quantity) + decision.change);
      changes.emplace_back(window, decision.change);
    }
  }
};

TEST(AutoscaleSimulation, ARushIsFollowedUpAndDownWithoutSwinging) {
  Autoscaler scaler(rules(1, 10, 500ms));
  Simulation simulation;
  // Ten quiet minutes, an hour with eight times the visitors, two quiet hours.
  simulation.run(scaler, 60 + 360 + 720,
                 [](int window) { return window >= 60 && window < 420 ? 240.0 : 30.0; });
  EXPECT_EQ(simulation.quantity, 1u);
  const auto downs_in_rush = std::ranges::count_if(simulation.changes, [](const auto& change) {
    return change.first < 420 && change.second < 0;
  });
  EXPECT_EQ(downs_in_rush, 0) << "no dyno is taken away while the rush lasts";
  EXPECT_LT(simulation.windows_above, 60) << "ten minutes at most until there are enough";
}

TEST(AutoscaleSimulation, ASteadyLoadComesToRestWhateverItIs) {
  for (double load = 5; load <= 480; load += 5) {
    SCOPED_TRACE(load);
    Autoscaler scaler(rules(1, 10, 500ms));
    Simulation simulation;
    simulation.quantity = 5;
    simulation.run(scaler, 1000, [load](int) { return load; });
    const auto late = std::ranges::count_if(simulation.changes,
                                            [](const auto& change) { return change.first > 600; });
    EXPECT_EQ(late, 0);
    EXPECT_GE(simulation.quantity, 1u);
    EXPECT_LE(simulation.quantity, 10u);
  }
}

TEST(AutoscaleSimulation, NoisyTrafficAtTheEdgeDoesNotFlap) {
  test::SeededRandom random(17);
  Autoscaler scaler(rules(1, 10, 500ms));
  Simulation simulation;
  simulation.quantity = 4;
  simulation.run(scaler, 2160, [&](int) {  // six hours around the capacity of four
    return 140.0 + static_cast<double>(random.below(40));
  });
  EXPECT_LE(simulation.changes.size(), 6u);
}

}  // namespace
}  // namespace davit::supervisor
