// How a formation is replaced slot by slot, and how a release is tried before it is the current
// one.
#include "plan_fixture.hpp"

namespace davit::supervisor {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

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

}  // namespace
}  // namespace davit::supervisor
