#include <gtest/gtest.h>

#include "server/scaling/autoscale_loop.hpp"

namespace davit::scaling {
namespace {

using Measure = supervisor::AutoscaleRules::Measure;

TEST(Traffic, ResponseTimesAreThoseOfDynos) {
  metrics::Sample sample;
  sample.statuses[2] = 100;
  for (int i = 0; i < 100; ++i) sample.service.add(i < 90 ? 10 : 800);
  const auto traffic = traffic_of(sample, Measure::p95_response);
  EXPECT_EQ(traffic.requests, 100u);
  EXPECT_NEAR(static_cast<double>(traffic.p95.count()), 800, 50);
}

TEST(Traffic, WhoDidNotWaitWaitedForNoTime) {
  metrics::Sample sample;
  sample.statuses[2] = 100;
  for (int i = 0; i < 4; ++i) sample.queue.add(5'000);
  EXPECT_EQ(traffic_of(sample, Measure::p95_queue).p95.count(), 0);
  for (int i = 0; i < 4; ++i) sample.queue.add(5'000);
  EXPECT_GT(traffic_of(sample, Measure::p95_queue).p95.count(), 4'000);
  EXPECT_EQ(traffic_of(sample, Measure::p95_queue).requests, 100u);
}

TEST(Traffic, NobodyIsNobody) {
  EXPECT_EQ(traffic_of({}, Measure::p95_response).requests, 0u);
  EXPECT_EQ(traffic_of({}, Measure::p95_queue).requests, 0u);
}

}  // namespace
}  // namespace davit::scaling
