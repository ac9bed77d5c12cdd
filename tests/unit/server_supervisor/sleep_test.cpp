// Web dynos that rest: the plan, what is remembered, and when memory is short.
#include "plan_fixture.hpp"
#include "server/supervisor/memory_pressure.hpp"
#include "server/supervisor/sleeper.hpp"

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class SleepTest : public PlanTest {
 protected:
  SleepTest() {
    desire("web", 2);
    one_ = add("web.1", v1_, Phase::up);
    two_ = add("web.2", v1_, Phase::up);
    plan();  // both serve
  }
  void sleep() { now_.desired.sleep = Sleep{false, clock_.steady(), clock_.steady() + 12h}; }
  DynoId one_, two_;
};

TEST_F(SleepTest, WhoSleepsServesNobodyAndIsFrozenOnceItIsDrained) {
  sleep();
  auto first = plan();
  EXPECT_EQ(first.web, WebState::asleep);
  EXPECT_THAT(first.serve, IsEmpty());
  EXPECT_THAT(first.freeze, IsEmpty()) << "the router may still have a request on it";
  EXPECT_EQ(first.wake_at, now_.desired.sleep->since + Timeouts{}.drain);
  get(one_).drained = true;
  EXPECT_THAT(plan().freeze, ElementsAre(one_));
  get(one_).frozen = true;
  get(two_).drained = true;
  EXPECT_THAT(plan().freeze, ElementsAre(two_));
  get(two_).frozen = true;
  const auto last = plan();
  EXPECT_THAT(last.freeze, IsEmpty());
  EXPECT_THAT(last.stop, IsEmpty());
  EXPECT_EQ(last.wake_at, now_.desired.sleep->stop_at);
}

TEST_F(SleepTest, ARequestThatDoesNotEndKeepsItAwake) {
  sleep();
  get(one_).drained = true;
  clock_.advance(Timeouts{}.drain);
  EXPECT_TRUE(plan().sleep_fails);
}

TEST_F(SleepTest, AfterLongTheFrozenAreStoppedAndNothingIsStarted) {
  sleep();
  for (const auto& id : {one_, two_}) get(id).drained = get(id).frozen = true;
  clock_.advance(12h);
  EXPECT_TRUE(plan().sleep_stops);
  now_.desired.sleep->stopped = true;
  EXPECT_THAT(plan().stop, testing::UnorderedElementsAre(one_, two_));
  remove(one_);
  remove(two_);
  const auto gone = plan();
  EXPECT_THAT(gone.start, IsEmpty());
  EXPECT_EQ(gone.web, WebState::asleep);
}

TEST_F(SleepTest, WakingServesTheFrozenAtOnceAndStartsTheStopped) {
  sleep();
  for (const auto& id : {one_, two_}) get(id).drained = get(id).frozen = true;
  remove(two_);
  now_.desired.sleep.reset();
  get(one_).frozen = get(one_).drained = false;
  const auto awake = plan();
  EXPECT_THAT(awake.serve, ElementsAre(one_));
  EXPECT_THAT(awake.start, ElementsAre(dyno("web.2")));
}

TEST_F(SleepTest, WorkersGoOn) {
  desire("worker", 1);
  sleep();
  const auto sleeping = plan();
  EXPECT_THAT(sleeping.start, ElementsAre(dyno("worker.1")));
}

TEST_F(SleepTest, ANewReleaseIsTriedWhileTheOldOneSleeps) {
  sleep();
  Trial trial{v2_, {}};
  trial.types[process_type("web")] = {2, "standard", 2, 0};
  now_.desired.trial = trial;
  EXPECT_THAT(plan().start_trial, ElementsAre(dyno("web.1"), dyno("web.2")));
}

TEST(Sleeper, TellsWhatMustBeStoredAndNothingTwice) {
  test::FakeClock clock;
  test::SeededRandom random(3);
  const AppId app = AppId::make(random);
  const ReleaseId release = ReleaseId::make(random);
  Sleeper sleeper;
  EXPECT_FALSE(sleeper.take_change(app, release));
  sleeper.fall_asleep(clock.steady(), clock.wall(), 1h);
  const auto asleep = sleeper.take_change(app, release);
  ASSERT_TRUE(asleep && asleep->record);
  EXPECT_FALSE(asleep->record->stopped);
  EXPECT_FALSE(sleeper.take_change(app, release));
  sleeper.stop();
  EXPECT_TRUE(sleeper.take_change(app, release)->record->stopped);
  sleeper.wake();
  EXPECT_FALSE(sleeper.take_change(app, release)->record);
  sleeper.wake();
  EXPECT_FALSE(sleeper.take_change(app, release));
}

TEST(Sleeper, ANewDavitdGoesOnCountingTheTimeOfSleep) {
  test::FakeClock clock;
  test::SeededRandom random(3);
  const store::SleepRecord record{AppId::make(random), ReleaseId::make(random), clock.wall(),
                                  false};
  clock.advance(50min);
  Sleeper sleeper;
  sleeper.restore(record, clock.steady(), clock.wall(), 1h);
  EXPECT_EQ(sleeper.sleep()->stop_at, clock.steady() + 10min);
  EXPECT_EQ(sleeper.since(), record.since);
  Sleeper late;
  clock.advance(24h);
  late.restore(record, clock.steady(), clock.wall(), 1h);
  EXPECT_EQ(late.sleep()->stop_at, clock.steady());
}

TEST(MemoryPressure, IsWhatTheKernelSaysIsAvailable) {
  EXPECT_EQ(memory_is_short("MemTotal: 1000000 kB\nMemFree: 1 kB\nMemAvailable: 500000 kB\n"),
            false);
  EXPECT_EQ(memory_is_short("MemTotal: 1000000 kB\nMemAvailable:   99999 kB\n"), true);
  EXPECT_EQ(memory_is_short("MemTotal: 1000000 kB\n"), std::nullopt);
  EXPECT_EQ(memory_is_short(""), std::nullopt);
}

}  // namespace
}  // namespace davit::supervisor
