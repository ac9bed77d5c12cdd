#include "router/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace davit::router {
namespace {

using namespace std::chrono_literals;

struct Alarm final : Timed {
  void on_deadline() override {
    ++rings;
    if (then) then();
  }
  int rings = 0;
  std::function<void()> then;
};

struct Wheel : testing::Test {
  SteadyTime start{1h};
  TimerWheel wheel{start};
};

TEST_F(Wheel, RingsOnceAndNotBeforeTheDeadline) {
  for (const auto delay : {0ms, 1ms, 250ms, 251ms, 5000ms, 127900ms, 128000ms, 400000ms}) {
    TimerWheel fresh(start);
    Alarm alarm;
    fresh.schedule(alarm, start + delay);
    SteadyTime now = start;
    while (alarm.rings == 0 && now < start + delay + 10s) {
      now += 50ms;
      fresh.advance(now);
    }
    EXPECT_GE(now, start + delay);
    EXPECT_LE(now, start + delay + 2 * TimerWheel::tick);
    fresh.advance(now + 300s);
    EXPECT_EQ(alarm.rings, 1);
  }
}

TEST_F(Wheel, ACancelledOrDestroyedAlarmIsSilent) {
  Alarm cancelled;
  wheel.schedule(cancelled, start + 1s);
  {
    Alarm destroyed;
    wheel.schedule(destroyed, start + 1s);
  }
  TimerWheel::cancel(cancelled);
  wheel.advance(start + 10s);
  EXPECT_EQ(cancelled.rings, 0);
}

TEST_F(Wheel, ANewDeadlineReplacesTheOld) {
  Alarm alarm;
  wheel.schedule(alarm, start + 1s);
  wheel.schedule(alarm, start + 20s);
  wheel.advance(start + 10s);
  EXPECT_EQ(alarm.rings, 0);
  wheel.advance(start + 21s);
  EXPECT_EQ(alarm.rings, 1);
}

TEST_F(Wheel, AnAlarmMayDestroyItsNeighbourAndSetItself) {
  Alarm first;
  auto second = std::make_unique<Alarm>();
  first.then = [&] {
    second.reset();
    if (first.rings < 3) wheel.schedule(first, start + first.rings * 5s);
  };
  wheel.schedule(first, start + 1s);
  wheel.schedule(*second, start + 1s);
  for (auto now = start; now < start + 60s; now += 100ms) wheel.advance(now);
  EXPECT_EQ(first.rings, 3);
}

TEST_F(Wheel, AfterALongPauseEverythingDueRings) {
  Alarm near, far;
  wheel.schedule(near, start + 1s);
  wheel.schedule(far, start + 100s);
  wheel.advance(start + 1h);
  EXPECT_EQ(near.rings, 1);
  EXPECT_EQ(far.rings, 1);
}

}  // namespace
}  // namespace davit::router
