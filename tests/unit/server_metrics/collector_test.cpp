#include "server/metrics/collector.hpp"

#include <gtest/gtest.h>

#include "server/metrics/limits.hpp"
#include "tests/support/fakes.hpp"

namespace davit::metrics {
namespace {

using namespace std::chrono_literals;

class CollectorTest : public testing::Test {
 protected:
  void use(std::uint64_t cpu_micros, std::uint64_t rss) {
    dyno::Usage usage;
    usage.cpu_micros = cpu_micros;
    usage.memory_rss_bytes = rss;
    collector_.used(app_, web1_, dyno_, usage, clock_.steady());
  }
  const Sample* close() {
    const auto& step = collector_.close_step(clock_.steady());
    const auto found = step.find(app_);
    return found == step.end() ? nullptr : &found->second;
  }
  test::FakeClock clock_;
  test::SeededRandom random_{5};
  AppId app_ = AppId::make(random_);
  DynoId dyno_ = DynoId::make(random_);
  DynoName web1_ = DynoName::parse("web.1").value();
  Collector collector_;
};

TEST_F(CollectorTest, CpuIsWhatWasUsedBetweenTwoReadings) {
  use(5'000'000, 10);
  EXPECT_FALSE(close()->dynos.at(web1_).cpu_percent()) << "nothing to compare with yet";
  clock_.advance(10s);
  use(10'000'000, 20);
  const auto* second = close();
  EXPECT_EQ(second->dynos.at(web1_).cpu_percent(), 50.0);
  EXPECT_EQ(second->dynos.at(web1_).rss_bytes, 20u);
  EXPECT_EQ(close(), nullptr) << "a step of which nothing was heard";
}

TEST_F(CollectorTest, RequestsAreCountedByClassAndTime) {
  collector_.requested(app_, {200, 10, -1});
  collector_.requested(app_, {503, -1, 300});
  collector_.requested(app_, {101, 86'400'000, -1});
  collector_.requested(app_, {0, -1, -1});
  const auto* step = close();
  EXPECT_EQ(step->statuses, (std::array<std::uint64_t, 6>{1, 1, 1, 0, 0, 1}));
  EXPECT_EQ(step->service.count(), 1u) << "neither a WebSocket's life nor what no dyno took";
  EXPECT_EQ(step->queue.count(), 1u);
}

TEST_F(CollectorTest, WhatTheRouterCountedIsAddedUp) {
  TrafficFact traffic;
  traffic.dyno = web1_;
  traffic.statuses = {0, 0, 7, 0, 2, 1};
  traffic.service.add(10);
  traffic.queue.add(3);
  traffic.bytes_in = 100;
  traffic.bytes_out = 5000;
  collector_.served(app_, traffic);
  traffic.dyno.reset();  // refused without a dyno
  collector_.served(app_, traffic);
  collector_.in_flight(app_, 4);
  collector_.in_flight(app_, 2);
  const auto* step = close();
  EXPECT_EQ(step->statuses, (std::array<std::uint64_t, 6>{0, 0, 14, 0, 4, 2}));
  EXPECT_EQ(step->service.count(), 2u);
  EXPECT_EQ(step->queue.count(), 2u);
  EXPECT_EQ(step->bytes_in, 200u);
  EXPECT_EQ(step->bytes_out, 10'000u);
  EXPECT_EQ(step->in_flight, 4u);
  EXPECT_EQ(step->dynos.at(web1_).requests, 10u);
  const auto kept = Sample::decode(step->encode());
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->bytes_out, 10'000u);
  EXPECT_EQ(kept->in_flight, 4u);
  EXPECT_EQ(kept->dynos.at(web1_).requests, 10u);
}

TEST_F(CollectorTest, RecentLooksBackAFewStepsAndNoFurther) {
  for (int i = 0; i < 20; ++i) {
    collector_.requested(app_, {200, i, -1});
    close();
  }
  collector_.requested(app_, {200, 5, -1});
  EXPECT_EQ(collector_.recent(app_, 2).requests(), 3u);
  EXPECT_EQ(collector_.recent(app_, 1000).requests(), limits::recent_steps + 1);
  EXPECT_EQ(collector_.recent(AppId::make(random_), 3).requests(), 0u);
}

TEST_F(CollectorTest, ADynoThatIsGoneIsForgotten) {
  use(1'000'000, 1);
  clock_.advance(limits::dyno_forgotten + 1s);
  close();
  use(90'000'000, 1);
  EXPECT_FALSE(close()->dynos.at(web1_).cpu_percent());
}

TEST_F(CollectorTest, SamplesSurviveTheirBytes) {
  collector_.requested(app_, {200, 1234, 7});
  use(0, 99);
  clock_.advance(10s);
  use(1'000'000, 100);
  const Sample sample = *close();
  const auto back = Sample::decode(sample.encode()).value();
  EXPECT_EQ(back.encode(), sample.encode());
  EXPECT_EQ(back.dynos.at(web1_).cpu_percent(), 10.0);
  EXPECT_FALSE(Sample::decode("nonsense"));
  EXPECT_FALSE(Sample::decode(""));
  for (std::size_t cut = 0; cut < sample.encode().size(); ++cut) {
    EXPECT_FALSE(Sample::decode(sample.encode().substr(0, cut))) << cut;
  }
}

}  // namespace
}  // namespace davit::metrics
