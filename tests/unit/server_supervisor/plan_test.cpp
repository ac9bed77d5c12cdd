#include "server/supervisor/plan.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

// A little world: a desired release and instances, named by letters.
class PlanTest : public testing::Test {
 protected:
  PlanTest() { desire("web", 1); }

  void desire(const char* type, std::uint32_t quantity) {
    now_.desired.release = v1_;
    now_.desired.quantity[ProcessType::parse(type).value()] = quantity;
  }
  void release_v2() { now_.desired.release = v2_; }

  DynoId add(const char* name, ReleaseId release, Phase phase) {
    Instance instance;
    instance.id = DynoId::make(random_);
    instance.name = DynoName::parse(name).value();
    instance.release = release;
    instance.phase = phase;
    instance.created_at = clock_.wall();
    instance.started = clock_.steady();
    clock_.advance(seconds(1));
    now_.instances.push_back(instance);
    return instance.id;
  }
  Instance& get(const DynoId& id) { return *std::ranges::find(now_.instances, id, &Instance::id); }
  void remove(const DynoId& id) {
    std::erase_if(now_.instances, [&](const Instance& instance) { return instance.id == id; });
  }
  Plan plan() {
    now_.now = clock_.steady();
    return make_plan(now_, Timeouts{});
  }
  static DynoName dyno(const char* name) { return DynoName::parse(name).value(); }

  test::SeededRandom random_{7};
  test::FakeClock clock_;
  ReleaseId v1_ = ReleaseId::make(random_);
  ReleaseId v2_ = ReleaseId::make(random_);
  Situation now_;
};

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
  get(old1).replace = true;
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

// Whatever happens in whatever order: while old dynos are up, a switch never leaves the table empty.
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
