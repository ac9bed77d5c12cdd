#include "server/supervisor/canary_state.hpp"

#include <gtest/gtest.h>

#include "server/supervisor/limits.hpp"
#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class CanaryStateTest : public testing::Test {
 protected:
  CanaryStateTest() { state_.set_rules({true, 25, 0}); }
  store::Release release(std::uint32_t version) {
    store::Release made;
    made.id = ReleaseId::make(random_);
    made.version = version;
    made.status = store::Status::succeeded;
    made.canary = true;
    made.created_at = made.updated_at = clock_.wall();
    return made;
  }
  store::Release begin() {
    store::Release made = release(3);
    EXPECT_TRUE(state_.adopt(Runnable{made, {}}, std::nullopt));
    return made;
  }
  std::optional<Canary> target() {
    return state_.target({4, "standard-1x"}, {clock_.steady(), clock_.wall()});
  }
  void crash() { state_.crashed(dyno("web.101"), "exited with status 1"); }
  bool serve(const char* name, TrafficFact::Drawn drawn, bool strangers = false) {
    TrafficFact fact;
    fact.dyno = dyno(name);
    fact.statuses = {0, 0, 1000, 0, 0, 1000};  // whoever chose his dyno is among them
    fact.drawn = drawn;
    return state_.served(fact, strangers, clock_.steady());
  }
  static DynoName dyno(const char* name) { return DynoName::parse(name).value(); }

  test::FakeClock clock_;
  test::SeededRandom random_{7};
  CanaryState state_;
};

TEST_F(CanaryStateTest, ItHasItsShareOfTheDynosUntilItFails) {
  EXPECT_FALSE(state_.exists());
  EXPECT_FALSE(target());
  const auto canary = begin();
  EXPECT_FALSE(state_.adopt(Runnable{canary, {}}, std::nullopt)) << "the same one, once more";
  ASSERT_TRUE(target());
  EXPECT_EQ(target()->release, canary.id);
  EXPECT_EQ(target()->quantity, 1u);
  EXPECT_TRUE(state_.due_failure(clock_.steady()).empty());
  crash();
  EXPECT_FALSE(target()) << "whether its end is stored or not";
  EXPECT_EQ(state_.due_failure(clock_.steady()), "web.101 crashed: exited with status 1");
  EXPECT_FALSE(state_.may_promote(clock_.steady()));
}

TEST_F(CanaryStateTest, OneThatWasTakenBackIsRememberedWithItsReason) {
  auto canary = begin();
  crash();
  EXPECT_EQ(state_.ended(canary.id).state, Boot::pending) << "the store has not said so yet";
  canary.status = store::Status::failed;
  canary.failure = "as a canary it was taken back: web.101 crashed: exited with status 1";
  state_.adopt(std::nullopt, canary);
  EXPECT_EQ(state_.ended(canary.id).state, Boot::crashed);
  EXPECT_EQ(state_.ended(canary.id).reason, "web.101 crashed: exited with status 1");
  EXPECT_EQ(state_.ended(release(2).id).state, Boot::pending);
}

// Its owner promoted it, its dyno crashed in the same moment, and the unit heard of the crash
// first: it had it for crashed and taken back, while it served as the current release.
TEST_F(CanaryStateTest, OneThatWasPromotedHasNotFailedWhateverWasSeen) {
  auto canary = begin();
  crash();
  canary.canary = false;
  state_.adopt(std::nullopt, canary);
  EXPECT_EQ(state_.ended(canary.id).state, Boot::pending);
  EXPECT_TRUE(state_.due_failure(clock_.steady()).empty());
}

TEST_F(CanaryStateTest, WhatTookItsPlaceIsTheReasonThatIsTold) {
  auto canary = begin();
  crash();
  canary.status = store::Status::failed;
  canary.failure = "v4 took its place before it was promoted";
  auto next = release(4);
  EXPECT_TRUE(state_.adopt(Runnable{next, {}}, canary));
  EXPECT_EQ(state_.ended(canary.id).reason, canary.failure);
  EXPECT_TRUE(state_.sound()) << "another begins with a clean sheet";
  state_.adopt(std::nullopt, std::nullopt);  // the app is being destroyed
  EXPECT_EQ(state_.ended(next.id).state, Boot::pending);
  EXPECT_EQ(state_.ended(canary.id).state, Boot::pending);
}

TEST_F(CanaryStateTest, AnEndThatIsNotStoredIsTriedAgainEverMoreSeldom) {
  begin();
  crash();
  milliseconds before{0};
  for (int i = 0; i < 10; ++i) {
    ASSERT_FALSE(state_.due_failure(clock_.steady()).empty());
    state_.not_stored(clock_.steady());
    EXPECT_TRUE(state_.due_failure(clock_.steady()).empty());
    EXPECT_FALSE(target());
    ASSERT_TRUE(state_.retry_at(clock_.steady()));
    const auto pause = std::chrono::duration_cast<milliseconds>(*state_.retry_at(clock_.steady()) -
                                                                clock_.steady());
    EXPECT_GE(pause, before);
    EXPECT_LE(pause, limits::canary_retry_max);
    before = pause;
    clock_.advance(pause);
    EXPECT_FALSE(state_.retry_at(clock_.steady())) << "a time that has passed wakes nobody";
  }
  EXPECT_EQ(before, limits::canary_retry_max);
}

TEST_F(CanaryStateTest, APromotionThatIsNotStoredIsNotAskedForAtOnceAgain) {
  state_.set_rules({true, 25, 60'000});
  begin();
  clock_.advance(seconds(61));
  EXPECT_LE(target()->promote_at, clock_.steady());
  EXPECT_TRUE(state_.may_promote(clock_.steady()));
  state_.not_stored(clock_.steady());
  EXPECT_FALSE(state_.may_promote(clock_.steady()));
  EXPECT_EQ(target()->promote_at, clock_.steady() + limits::canary_retry_min);
}

TEST_F(CanaryStateTest, OnlyRequestsThatChanceBroughtAreCompared) {
  begin();
  clock_.advance(seconds(60));
  EXPECT_FALSE(serve("web.1", {1000, 0}));
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(serve("web.101", {0, 0})) << "a client that sends what fails to the canary alone";
  }
  EXPECT_TRUE(state_.sound());
  EXPECT_TRUE(serve("web.101", {10, 10}));
  EXPECT_FALSE(state_.sound());
}

TEST_F(CanaryStateTest, WhatTheOneBeforeAnsweredIsNotCounted) {
  begin();
  serve("web.1", {1000, 0});
  EXPECT_FALSE(serve("web.101", {10, 10}, true));
  clock_.advance(seconds(2));
  EXPECT_FALSE(serve("web.101", {10, 10})) << "the router's counts are a little late";
  clock_.advance(seconds(5));
  EXPECT_TRUE(serve("web.101", {10, 10}));
}

}  // namespace
}  // namespace davit::supervisor
