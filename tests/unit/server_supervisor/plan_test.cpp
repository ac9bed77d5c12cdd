#include "server/supervisor/plan.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "plan_fixture.hpp"

namespace davit::supervisor {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(PlanTest, StartsWhatIsMissingAndHoldsRequestsMeanwhile) {
  desire("web", 2);
  const Plan p = plan();
  EXPECT_THAT(p.start, ElementsAre(dyno("web.1"), dyno("web.2")));
  EXPECT_THAT(p.serve, IsEmpty());
  EXPECT_EQ(p.web, WebState::starting);
}

TEST_F(PlanTest, AFirstDynoServesBeforeItsSiblingsAreUp) {
  desire("web", 2);
  const auto one = add("web.1", v1_, Phase::up);
  add("web.2", v1_, Phase::starting);
  EXPECT_THAT(plan().serve, ElementsAre(one));
}

TEST_F(PlanTest, ScaledToZeroIsNotStarting) {
  desire("web", 0);
  const Plan p = plan();
  EXPECT_THAT(p.start, IsEmpty());
  EXPECT_EQ(p.web, WebState::serving);
}

TEST_F(PlanTest, ANewReleaseTakesOverOnlyWhenAllOfItIsUp) {
  desire("web", 2);
  const auto old1 = add("web.1", v1_, Phase::up);
  const auto old2 = add("web.2", v1_, Phase::up);
  release_v2();
  const auto new1 = add("web.1", v2_, Phase::up);
  const auto new2 = add("web.2", v2_, Phase::starting);
  Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(old1, old2));
  EXPECT_THAT(p.drain, IsEmpty());
  get(new2).phase = Phase::up;
  p = plan();
  EXPECT_THAT(p.serve, ElementsAre(new1, new2));
  EXPECT_THAT(p.drain, ElementsAre(old1, old2));
  EXPECT_THAT(p.stop, IsEmpty());
}

TEST_F(PlanTest, AReleaseThatNeverComesUpLeavesTheOldOneServing) {
  const auto old1 = add("web.1", v1_, Phase::up);
  release_v2();
  now_.slots[dyno("web.1")].not_before = clock_.steady() + seconds(8);
  const Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(old1));
  EXPECT_THAT(p.start, IsEmpty());
  EXPECT_EQ(p.wake_at, clock_.steady() + seconds(8));
}

TEST_F(PlanTest, ADrainedDynoIsStoppedAndOneThatIsNotGetsItsTime) {
  add("web.1", v1_, Phase::up);
  const auto old1 = add("web.2", v1_, Phase::up);
  get(old1).draining_since = clock_.steady();
  EXPECT_THAT(plan().stop, IsEmpty());
  EXPECT_EQ(plan().wake_at, clock_.steady() + seconds(30));
  get(old1).drained = true;
  EXPECT_THAT(plan().stop, ElementsAre(old1));
  get(old1).drained = false;
  clock_.advance(seconds(30));
  EXPECT_THAT(plan().stop, ElementsAre(old1));
}

TEST_F(PlanTest, ScalingDownDrainsTheHighestNumbers) {
  desire("web", 1);
  const auto one = add("web.1", v1_, Phase::up);
  const auto two = add("web.2", v1_, Phase::up);
  const Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(one));
  EXPECT_THAT(p.drain, ElementsAre(two));
}

TEST_F(PlanTest, ARestartKeepsTheOldDynoUntilItsSuccessorIsUp) {
  const auto old1 = add("web.1", v1_, Phase::up);
  get(old1).outgoing = true;
  Plan p = plan();
  EXPECT_THAT(p.start, ElementsAre(dyno("web.1")));
  EXPECT_THAT(p.serve, ElementsAre(old1));
  const auto new1 = add("web.1", v1_, Phase::starting);
  EXPECT_THAT(plan().drain, IsEmpty());
  get(new1).phase = Phase::up;
  p = plan();
  EXPECT_THAT(p.serve, ElementsAre(new1));
  EXPECT_THAT(p.drain, ElementsAre(old1));
}

TEST_F(PlanTest, AWorkerIsStoppedAsItsSuccessorStarts) {
  desire("web", 0);
  desire("worker", 1);
  const auto old1 = add("worker.1", v1_, Phase::up);
  release_v2();
  const Plan p = plan();
  EXPECT_THAT(p.start, ElementsAre(dyno("worker.1")));
  EXPECT_THAT(p.stop, ElementsAre(old1));
  EXPECT_THAT(p.drain, IsEmpty());
}

TEST_F(PlanTest, AWebDynoThatDoesNotListenInTimeIsGivenUp) {
  const auto one = add("web.1", v1_, Phase::starting);
  get(one).started = clock_.steady();
  EXPECT_THAT(plan().boot_timeout, IsEmpty());
  clock_.advance(seconds(60));
  EXPECT_THAT(plan().boot_timeout, ElementsAre(one));
}

TEST_F(PlanTest, ACrashedAppIsToldApartFromAStartingOne) {
  now_.slots[dyno("web.1")].not_before = clock_.steady() + seconds(8);
  EXPECT_EQ(plan().web, WebState::crashed);
  clock_.advance(seconds(8));
  EXPECT_EQ(plan().web, WebState::starting);
}

TEST_F(PlanTest, AStoppedDynoIsNotStartedAgainAndItsInstanceGoes) {
  desire("web", 2);
  const auto one = add("web.1", v1_, Phase::up);
  const auto two = add("web.2", v1_, Phase::up);
  now_.slots[dyno("web.2")].stopped = true;
  const Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(one));
  EXPECT_THAT(p.drain, ElementsAre(two));
  EXPECT_THAT(p.start, IsEmpty());
}

TEST_F(PlanTest, TwoInstancesOfOneSlotAfterAKillOfDavitdLeaveTheNewest) {
  const auto older = add("web.1", v1_, Phase::up);
  const auto newer = add("web.1", v1_, Phase::up);
  const Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(newer));
  EXPECT_THAT(p.drain, ElementsAre(older));
}

TEST_F(PlanTest, ATypeThatLeftTheProcfileIsStopped) {
  const auto gone = add("worker.1", v1_, Phase::up);
  EXPECT_THAT(plan().stop, ElementsAre(gone));
}

TEST_F(PlanTest, ADynoThatListensHasNoBootDeadlineWhileItsCheckRuns) {
  const auto one = add("web.1", v1_, Phase::starting);
  get(one).listening = true;
  clock_.advance(seconds(600));
  EXPECT_THAT(plan().boot_timeout, IsEmpty());
  EXPECT_THAT(plan().serve, IsEmpty());
}

TEST_F(PlanTest, ADynoThatNeverServedIsStoppedWithoutDraining) {
  const auto one = add("web.1", v1_, Phase::up);
  get(one).served = false;
  desire("web", 0);
  EXPECT_THAT(plan().stop, ElementsAre(one));
}

TEST_F(PlanTest, ASlotWaitsUntilAKilledDynoIsGone) {
  const auto late = add("web.1", v1_, Phase::stopping);
  get(late).dying = true;
  EXPECT_THAT(plan().start, IsEmpty());
  EXPECT_EQ(plan().web, WebState::starting);
  remove(late);
  EXPECT_THAT(plan().start, ElementsAre(dyno("web.1")));
}

TEST_F(PlanTest, AnotherSizeReplacesADynoLikeARelease) {
  const auto small = add("web.1", v1_, Phase::up);
  target("web").size = "large";
  Plan p = plan();
  EXPECT_THAT(p.start, ElementsAre(dyno("web.1")));
  EXPECT_THAT(p.serve, ElementsAre(small));
  const auto large = add("web.1", v1_, Phase::up);
  get(large).size = "large";
  p = plan();
  EXPECT_THAT(p.serve, ElementsAre(large));
  EXPECT_THAT(p.drain, ElementsAre(small));
}

TEST_F(PlanTest, DailyCyclingReplacesOneAtATime) {
  desire("web", 2);
  const auto one = add("web.1", v1_, Phase::up);
  const auto two = add("web.2", v1_, Phase::up);
  get(one).cycle_at = clock_.steady() + seconds(100);
  get(two).cycle_at = clock_.steady() + seconds(90);
  EXPECT_THAT(plan().cycle, IsEmpty());
  EXPECT_EQ(plan().wake_at, clock_.steady() + seconds(90));
  clock_.advance(seconds(100));
  EXPECT_THAT(plan().cycle, ElementsAre(one));
  get(one).outgoing = true;
  Plan p = plan();
  EXPECT_THAT(p.cycle, IsEmpty()) << "web.2 waits until web.1 is done";
  EXPECT_THAT(p.start, ElementsAre(dyno("web.1")));
  EXPECT_THAT(p.serve, ElementsAre(two, one)) << "new beside old";
}

// Whatever happens in whatever order: while old dynos are up, a switch never leaves the table
// empty.
TEST_F(PlanTest, TheTableIsNeverEmptyWhileSomethingWantedIsUp) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    test::SeededRandom random(seed);
    now_.instances.clear();
    now_.slots.clear();
    desire("web", 3);
    for (const char* name : {"web.1", "web.2", "web.3"}) add(name, v1_, Phase::up);
    release_v2();
    for (int step = 0; step < 60; ++step) {
      const Plan p = plan();
      EXPECT_FALSE(p.serve.empty());
      for (const auto& id : p.drain) get(id).draining_since = clock_.steady();
      for (const auto& id : p.stop) get(id).phase = Phase::stopping;
      for (const auto& name : p.start) add(name.str().c_str(), v2_, Phase::starting);
      auto& pick = now_.instances[random.below(now_.instances.size())];
      const bool leaving = pick.phase == Phase::stopping || pick.draining_since;
      const bool new_one = pick.release == v2_;
      if (pick.phase == Phase::stopping) {
        remove(pick.id);
      } else if (leaving) {
        pick.drained = true;
      } else if (new_one && pick.phase == Phase::starting) {
        random.below(4) == 0 ? remove(pick.id) : void(pick.phase = Phase::up);
      }
    }
  }
}

}  // namespace
}  // namespace davit::supervisor
