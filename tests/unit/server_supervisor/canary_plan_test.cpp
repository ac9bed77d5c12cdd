#include <gmock/gmock.h>

#include "plan_fixture.hpp"

namespace davit::supervisor {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

// v1 serves with two web dynos and a worker; v2 comes as a canary.
class CanaryPlanTest : public PlanTest {
 protected:
  CanaryPlanTest() {
    desire("web", 2);
    desire("worker", 1);
    web1_ = add("web.1", v1_, Phase::up);
    web2_ = add("web.2", v1_, Phase::up);
    worker_ = add("worker.1", v1_, Phase::up);
  }
  void begin(std::uint32_t quantity = 1) {
    now_.desired.canary = Canary{v2_, quantity, "standard", {}};
  }
  void promote() {
    now_.desired.canary.reset();
    release_v2();
  }
  DynoId web1_, web2_, worker_;
};

TEST_F(CanaryPlanTest, ItsDynosStartBesideAllOthersAndServeWhenTheyAreUp) {
  begin();
  Plan p = plan();
  EXPECT_THAT(p.start_canary, ElementsAre(dyno("web.101")));
  EXPECT_THAT(p.start, IsEmpty());
  EXPECT_THAT(p.serve, ElementsAre(web1_, web2_));
  EXPECT_THAT(p.stop, IsEmpty()) << "workers stay with the current release";
  const auto canary = add("web.101", v2_, Phase::starting);
  EXPECT_THAT(plan().start_canary, IsEmpty());
  get(canary).phase = Phase::up;
  p = plan();
  EXPECT_THAT(p.serve, ElementsAre(web1_, web2_, canary));
  EXPECT_THAT(p.canaries, ElementsAre(canary));
  EXPECT_FALSE(p.promote_canary) << "only its owner does";
}

TEST_F(CanaryPlanTest, TakenBackItIsDrainedBeforeItIsStopped) {
  begin();
  const auto canary = add("web.101", v2_, Phase::up);
  plan();
  now_.desired.canary.reset();
  Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(web1_, web2_));
  EXPECT_THAT(p.drain, ElementsAre(canary));
  EXPECT_THAT(p.stop, IsEmpty());
  get(canary).draining_since = clock_.steady();
  get(canary).drained = true;
  EXPECT_THAT(plan().stop, ElementsAre(canary));
}

TEST_F(CanaryPlanTest, PromotedItServesOnUntilTheWholeFormationIsOfItsRelease) {
  begin();
  const auto canary = add("web.101", v2_, Phase::up);
  promote();
  Plan p = plan();
  EXPECT_THAT(p.start, ElementsAre(dyno("web.1"), dyno("web.2"), dyno("worker.1")));
  EXPECT_THAT(p.serve, ElementsAre(web1_, web2_, canary));
  EXPECT_THAT(p.stop, ElementsAre(worker_));
  const auto new1 = add("web.1", v2_, Phase::up);
  const auto new2 = add("web.2", v2_, Phase::starting);
  EXPECT_THAT(plan().serve, ElementsAre(web1_, web2_, canary));
  get(new2).phase = Phase::up;
  p = plan();
  EXPECT_THAT(p.serve, ElementsAre(new1, new2));
  EXPECT_THAT(p.drain, testing::UnorderedElementsAre(web1_, web2_, canary));
}

TEST_F(CanaryPlanTest, PromotedIntoARollItServesToItsEnd) {
  target("web").surge = 1;
  begin();
  const auto canary = add("web.101", v2_, Phase::up);
  promote();
  const auto new1 = add("web.1", v2_, Phase::up);
  Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(new1, web2_, canary));
  remove(web1_);
  const auto new2 = add("web.2", v2_, Phase::up);
  p = plan();
  EXPECT_THAT(p.serve, ElementsAre(new1, new2));
  EXPECT_THAT(p.drain, ElementsAre(web2_, canary));
}

TEST_F(CanaryPlanTest, ItIsPromotedAtItsTimeAndNotBeforeItServes) {
  begin(2);
  now_.desired.canary->promote_at = clock_.steady() + minutes(15);
  add("web.101", v2_, Phase::up);
  const auto second = add("web.102", v2_, Phase::starting);
  clock_.advance(minutes(20));
  get(second).started = clock_.steady();
  EXPECT_FALSE(plan().promote_canary);
  get(second).phase = Phase::up;
  EXPECT_TRUE(plan().promote_canary);
  now_.desired.canary->promote_at = clock_.steady() + minutes(1);
  const Plan p = plan();
  EXPECT_FALSE(p.promote_canary);
  EXPECT_EQ(p.wake_at, clock_.steady() + minutes(1));
}

TEST_F(CanaryPlanTest, ANewerOneTakesItsPlaceAtOnce) {
  begin();
  const auto first = add("web.101", v2_, Phase::up);
  plan();
  const auto v3 = ReleaseId::make(random_);
  now_.desired.canary->release = v3;
  Plan p = plan();
  EXPECT_THAT(p.start_canary, ElementsAre(dyno("web.101")));
  EXPECT_THAT(p.serve, ElementsAre(web1_, web2_));
  EXPECT_THAT(p.drain, ElementsAre(first));
}

TEST_F(CanaryPlanTest, EachOfItsDynosIsRestartedAlone) {
  begin(2);
  const auto old1 = add("web.101", v2_, Phase::up);
  const auto old2 = add("web.102", v2_, Phase::up);
  get(old1).outgoing = true;
  Plan p = plan();
  EXPECT_THAT(p.start_canary, ElementsAre(dyno("web.101")));
  EXPECT_THAT(p.canaries, testing::UnorderedElementsAre(old1, old2));
  const auto new1 = add("web.101", v2_, Phase::up);
  p = plan();
  EXPECT_THAT(p.canaries, ElementsAre(new1, old2));
  EXPECT_THAT(p.drain, ElementsAre(old1));
}

TEST_F(CanaryPlanTest, ItFollowsTheFormationsNumbersAndSize) {
  begin(2);
  const auto first = add("web.101", v2_, Phase::up);
  const auto second = add("web.102", v2_, Phase::up);
  now_.desired.canary->quantity = 1;
  Plan p = plan();
  EXPECT_THAT(p.canaries, ElementsAre(first));
  EXPECT_THAT(p.drain, ElementsAre(second));
  remove(second);
  now_.desired.canary->size = "large";
  p = plan();
  EXPECT_THAT(p.start_canary, ElementsAre(dyno("web.101")));
  EXPECT_THAT(p.canaries, ElementsAre(first)) << "until the large one is up";
}

TEST_F(CanaryPlanTest, OneThatDoesNotListenInTimeIsGivenUp) {
  begin();
  const auto canary = add("web.101", v2_, Phase::starting);
  get(canary).started = clock_.steady();
  clock_.advance(minutes(2));
  EXPECT_THAT(plan().boot_timeout, ElementsAre(canary));
}

TEST_F(CanaryPlanTest, ItsTrialHasItsNamesAndBecomesIt) {
  now_.desired.trial = Trial{v2_, {{process_type("web"), {1, "standard", 1, 0}}}, true};
  EXPECT_THAT(plan().start_trial, ElementsAre(dyno("web.101")));
  const auto tried = add("web.101", v2_, Phase::up);
  get(tried).untried = true;
  get(tried).served = false;
  EXPECT_THAT(plan().start_trial, IsEmpty());
  EXPECT_THAT(plan().serve, ElementsAre(web1_, web2_));
  now_.desired.trial.reset();
  begin();
  get(tried).untried = false;
  const Plan p = plan();
  EXPECT_THAT(p.start_canary, IsEmpty());
  EXPECT_THAT(p.canaries, ElementsAre(tried));
}

TEST_F(CanaryPlanTest, WhereTheCurrentReleaseIsDownItServesAlone) {
  begin();
  const auto canary = add("web.101", v2_, Phase::up);
  remove(web1_);
  remove(web2_);
  EXPECT_THAT(plan().serve, ElementsAre(canary));
}

TEST_F(CanaryPlanTest, ARollbackEndsItWithoutAnInterruption) {
  begin();
  const auto canary = add("web.101", v2_, Phase::up);
  plan();
  now_.desired.canary.reset();
  now_.desired.release = ReleaseId::make(random_);
  const Plan p = plan();
  EXPECT_THAT(p.serve, ElementsAre(web1_, web2_));
  EXPECT_THAT(p.drain, ElementsAre(canary));
  EXPECT_THAT(p.start, ElementsAre(dyno("web.1"), dyno("web.2"), dyno("worker.1")));
}

}  // namespace
}  // namespace davit::supervisor
