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
    const bool web = std::string(type) == "web";
    now_.desired.types[process_type(type)] = {quantity, "standard", quantity, web ? 0 : quantity};
  }
  TypeTarget& target(const char* type) { return now_.desired.types.at(process_type(type)); }
  static ProcessType process_type(const char* type) { return ProcessType::parse(type).value(); }
  void release_v2() { now_.desired.release = v2_; }

  DynoId add(const char* name, ReleaseId release, Phase phase) {
    Instance instance;
    instance.id = DynoId::make(random_);
    instance.name = DynoName::parse(name).value();
    instance.release = release;
    instance.size = "standard";
    instance.phase = phase;
    instance.served = phase == Phase::up && instance.name.type.str() == "web";
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
  // The router knows what it was told to serve.
  Plan plan() {
    now_.now = clock_.steady();
    Plan p = make_plan(now_, Timeouts{});
    for (const auto& id : p.serve) get(id).served = true;
    return p;
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

// --- rolling

// Plays a release of `type` to its end in random order and looks after every step.
class RollTest : public PlanTest {
 protected:
  struct Most {
    std::size_t instances = 0;
    std::size_t of_one_name = 0;
    std::size_t up_least = 1000;
  };
  Most play(const char* type, std::uint64_t seed) {
    test::SeededRandom random(seed);
    Most most;
    for (int step = 0; step < 400; ++step) {
      const Plan p = plan();
      for (const auto& id : p.drain) get(id).draining_since = clock_.steady();
      for (const auto& id : p.stop) get(id).phase = Phase::stopping;
      for (const auto& name : p.start) add(name.str().c_str(), v2_, Phase::starting);
      look(type, most);
      if (done()) return most;
      auto& pick = now_.instances[random.below(now_.instances.size())];
      if (pick.phase == Phase::stopping) {
        remove(pick.id);
      } else if (pick.draining_since) {
        pick.drained = true;
      } else if (pick.phase == Phase::starting) {
        pick.phase = Phase::up;
      }
    }
    ADD_FAILURE() << "the release did not come to its end";
    return most;
  }
  void look(const char* type, Most& most) {
    std::map<DynoName, std::size_t> names;
    std::size_t up = 0;
    for (const auto& instance : now_.instances) {
      most.of_one_name = std::max(most.of_one_name, ++names[instance.name]);
      up += instance.phase == Phase::up && !instance.draining_since ? 1 : 0;
    }
    most.instances = std::max(most.instances, now_.instances.size());
    most.up_least = std::min(most.up_least, up);
    ASSERT_LE(now_.instances.size(), 2u * target(type).quantity);
  }
  bool done() const {
    return std::ranges::all_of(now_.instances, [&](const Instance& instance) {
      return instance.release == v2_ && instance.phase == Phase::up;
    });
  }
  void fleet(const char* type, std::uint32_t quantity) {
    now_.instances.clear();
    desire(type, quantity);
    for (std::uint32_t i = 1; i <= quantity; ++i) {
      add((std::string(type) + "." + std::to_string(i)).c_str(), v1_, Phase::up);
    }
    release_v2();
  }
};

TEST_F(RollTest, ALargeFormationRollsWithinItsSurgeAndNeverServesLess) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    fleet("web", 6);
    target("web").surge = 2;
    const Most most = play("web", seed);
    EXPECT_LE(most.instances, 8u);
    EXPECT_GE(most.up_least, 6u);
  }
}

TEST_F(RollTest, WithoutSurgeOneSlotAtATimeIsWithoutADyno) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    fleet("web", 4);
    target("web").surge = 0;
    target("web").unavailable = 1;
    const Most most = play("web", seed);
    EXPECT_EQ(most.instances, 4u);
    EXPECT_EQ(most.of_one_name, 1u);
    EXPECT_GE(most.up_least, 3u);
  }
}

TEST_F(RollTest, WorkersWithoutSurgeAreNeverDoubled) {
  desire("web", 0);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    fleet("worker", 3);
    target("worker").surge = 0;
    const Most most = play("worker", seed);
    EXPECT_EQ(most.of_one_name, 1u);
    EXPECT_EQ(most.instances, 3u);
  }
}

TEST_F(RollTest, AReleaseThatDoesNotComeUpStopsRollingAndTheRestServesOn) {
  fleet("web", 4);
  target("web").surge = 0;
  target("web").unavailable = 1;
  Plan p = plan();
  ASSERT_EQ(p.drain.size(), 1u);
  remove(p.drain.front());
  now_.slots[dyno("web.1")].not_before = clock_.steady() + seconds(60);  // its successor crashed
  p = plan();
  EXPECT_EQ(p.serve.size(), 3u);
  EXPECT_THAT(p.drain, IsEmpty());
  EXPECT_THAT(p.start, IsEmpty());
}

TEST_F(RollTest, AThirdReleaseInAMinuteDoesNotWaitForWhatIsLeftOfTheFirst) {
  const auto first = add("web.1", v1_, Phase::up);
  get(first).draining_since = clock_.steady();
  add("web.1", v2_, Phase::up);
  now_.desired.release = ReleaseId::make(random_);
  EXPECT_THAT(plan().start, ElementsAre(dyno("web.1")));
}

// --- trials

class TrialTest : public PlanTest {
 protected:
  void try_v2(std::uint32_t quantity, std::uint32_t surge) {
    now_.desired.trial = Trial{v2_, {{process_type("web"), {quantity, "standard", surge, 0}}}};
  }
  DynoId add_trial(const char* name, Phase phase) {
    const auto id = add(name, v2_, phase);
    get(id).untried = true;
    get(id).served = false;
    return id;
  }
};

TEST_F(TrialTest, ItsDynosStartBesideTheCurrentOnesAndServeNobody) {
  const auto old1 = add("web.1", v1_, Phase::up);
  try_v2(1, 1);
  Plan p = plan();
  EXPECT_THAT(p.start_trial, ElementsAre(dyno("web.1")));
  EXPECT_THAT(p.start, IsEmpty());
  add_trial("web.1", Phase::up);
  p = plan();
  EXPECT_THAT(p.start_trial, IsEmpty());
  EXPECT_THAT(p.serve, ElementsAre(old1));
  EXPECT_THAT(p.stop, IsEmpty());
}

TEST_F(TrialTest, WhenItIsOverItsDynosGoAndNeverServeEvenIfNothingElseIsUp) {
  const auto tried = add_trial("web.1", Phase::up);
  add("web.1", v1_, Phase::starting);
  const Plan p = plan();
  EXPECT_THAT(p.serve, IsEmpty());
  EXPECT_THAT(p.stop, ElementsAre(tried));
  EXPECT_EQ(p.web, WebState::starting);
}

TEST_F(TrialTest, WhenItSucceedsItsDynosTakeOverAtOnce) {
  const auto old1 = add("web.1", v1_, Phase::up);
  const auto tried = add_trial("web.1", Phase::up);
  release_v2();
  get(tried).untried = false;
  const Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(tried));
  EXPECT_THAT(p.drain, ElementsAre(old1));
}

TEST_F(TrialTest, OnlyAsManyAsTheSurgeAllowsAreTried) {
  desire("web", 4);
  for (const char* name : {"web.1", "web.2", "web.3", "web.4"}) add(name, v1_, Phase::up);
  try_v2(4, 2);
  EXPECT_THAT(plan().start_trial, ElementsAre(dyno("web.1"), dyno("web.2")));
  try_v2(4, 0);
  EXPECT_THAT(plan().start_trial, IsEmpty());
}

TEST_F(TrialTest, TheFirstDeployOfAnAppIsTriedBeforeThereIsAnythingToServe) {
  now_.desired.types.clear();
  now_.desired.release = ReleaseId();
  try_v2(1, 1);
  EXPECT_THAT(plan().start_trial, ElementsAre(dyno("web.1")));
  const auto tried = add_trial("web.1", Phase::starting);
  clock_.advance(seconds(60));
  EXPECT_THAT(plan().boot_timeout, ElementsAre(tried));
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
