#include "server/supervisor/slots.hpp"

#include <gmock/gmock.h>

#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class SlotsTest : public testing::Test {
 protected:
  Slots::Now now() const { return {clock_.steady(), clock_.wall()}; }
  std::chrono::milliseconds crash(const char* name, std::chrono::milliseconds ran = 1s,
                                  std::uint32_t formation = 1) {
    const auto& slot =
        slots_.crashed(dyno(name), {"exited with status 1", ran, 0, formation}, now());
    return std::chrono::duration_cast<std::chrono::milliseconds>(*slot.not_before -
                                                                 clock_.steady());
  }
  static DynoName dyno(const char* name) { return DynoName::parse(name).value(); }

  test::FakeClock clock_;
  test::SeededRandom random_{5};
  AppId app_ = AppId::make(random_);
  ReleaseId v1_ = ReleaseId::make(random_);
  Slots slots_;
};

TEST_F(SlotsTest, TheFirstRestartIsAtOnceTheNextOnesEverLater) {
  EXPECT_EQ(crash("web.1"), 0s);
  EXPECT_EQ(crash("web.1"), 2s);
  EXPECT_EQ(crash("web.1"), 4s);
  EXPECT_EQ(slots_.find(dyno("web.1"))->crashes, 3u);
  EXPECT_EQ(slots_.find(dyno("web.1"))->retry_at, clock_.wall() + 4s);
  EXPECT_EQ(crash("web.2"), 0s) << "slots have counts of their own";
}

TEST_F(SlotsTest, TenHealthyMinutesAndAReleaseAreAFreshStart) {
  for (int i = 0; i < 5; ++i) crash("web.1");
  EXPECT_EQ(crash("web.1", 10min), 0s);
  for (int i = 0; i < 5; ++i) crash("web.1");
  slots_.forget_all();
  EXPECT_EQ(crash("web.1"), 0s);
}

// A hundred dynos that crash by turns, each within its own right, would boot one every three
// seconds.
TEST_F(SlotsTest, AllDynosOfOneAppTogetherRestartAtMostSixTimesAMinuteInTheLongRun) {
  std::map<std::string, SteadyTime> next;
  for (int i = 1; i <= 100; ++i) next["web." + std::to_string(i)] = clock_.steady();
  const SteadyTime warm = clock_.steady() + 1h;
  int starts = 0;
  while (clock_.steady() < warm + 1h) {
    for (auto& [name, at] : next) {
      if (at > clock_.steady()) continue;
      if (clock_.steady() >= warm) ++starts;
      at = clock_.steady() + crash(name.c_str(), 1s, 100);
    }
    clock_.advance(1s);
  }
  EXPECT_LE(starts, 6 * 60 + 1);
  EXPECT_GE(starts, 300) << "and they are not forgotten either";
}

TEST_F(SlotsTest, AStoppedSlotStaysSoUntilItIsForgotten) {
  crash("web.1");
  slots_.stop(dyno("web.1"), now());
  EXPECT_TRUE(slots_.find(dyno("web.1"))->stopped);
  EXPECT_EQ(slots_.find(dyno("web.1"))->crashes, 0u);
  slots_.forget(dyno("web.1"));
  EXPECT_EQ(slots_.find(dyno("web.1")), nullptr);
}

TEST_F(SlotsTest, ANewDavitdGoesOnWhereTheOldOneStopped) {
  for (int i = 0; i < 4; ++i) crash("web.1");
  slots_.stop(dyno("worker.1"), now());
  EXPECT_THAT(slots_.take_changes(), ElementsAre(dyno("web.1"), dyno("worker.1")));
  EXPECT_THAT(slots_.take_changes(), IsEmpty());
  std::vector<store::SlotRecord> stored;
  for (const auto& [name, slot] : slots_.all()) stored.push_back(slots_.record(name, app_, v1_));

  clock_.advance(3s);
  Slots later;
  later.restore(stored, v1_, now());
  EXPECT_TRUE(later.find(dyno("worker.1"))->stopped);
  const auto* web = later.find(dyno("web.1"));
  EXPECT_EQ(*web->not_before, clock_.steady() + 5s);
  EXPECT_EQ(web->crashes, 4u);
  EXPECT_EQ(web->reason, "exited with status 1");
  EXPECT_THAT(later.take_changes(), IsEmpty());
}

TEST_F(SlotsTest, WhatASupersededReleaseLeftIsVoid) {
  crash("web.1");
  const auto stored = slots_.record(dyno("web.1"), app_, v1_);
  Slots later;
  later.restore({stored}, ReleaseId::make(random_), now());
  EXPECT_EQ(later.find(dyno("web.1")), nullptr);
  EXPECT_THAT(later.take_changes(), ElementsAre(dyno("web.1"))) << "its record is to be removed";
}

TEST_F(SlotsTest, AClockThatJumpedDoesNotMakeItWaitForDays) {
  crash("web.1");
  auto stored = slots_.record(dyno("web.1"), app_, v1_);
  stored.retry_at = clock_.wall() + 48h;
  Slots later;
  later.restore({stored}, v1_, now());
  EXPECT_EQ(*later.find(dyno("web.1"))->not_before, clock_.steady() + 5min);
}

}  // namespace
}  // namespace davit::supervisor
