#include "router/balancer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace davit::router {
namespace {

using namespace std::chrono_literals;

struct Balancing : testing::Test {
  void add_dynos(int count, std::uint32_t weight = default_weight) {
    for (int i = 0; i < count; ++i) {
      dynos.push_back(std::make_shared<Target>());
      dynos.back()->id = std::to_string(dynos.size());
      members.push_back({dynos.back(), weight});
    }
  }
  void load(std::size_t dyno, int requests) {
    for (int i = 0; i < requests; ++i) ASSERT_TRUE(dynos[dyno]->enter(1'000'000));
  }
  const Target* choose() {
    const DynoSet set(members, rules);
    const TargetPtr* chosen = choose_dyno(set, {now, tried, random, turn++, only});
    return chosen ? chosen->get() : nullptr;
  }
  std::map<const Target*, int> choose_many(int count) {
    std::map<const Target*, int> counts;
    for (int i = 0; i < count; ++i) ++counts[choose()];
    return counts;
  }
  std::vector<TargetPtr> dynos;
  std::vector<DynoSet::Member> members;
  DynoSet::Rules rules;
  SteadyTime now{1h};
  Tried tried;
  FastRandom random{7};
  std::uint32_t turn = 0;
  const Target* only = nullptr;
};

TEST_F(Balancing, TheOneWithTheLeastInFlightIsChosen) {
  add_dynos(4);
  for (std::size_t i : {0u, 1u, 3u}) load(i, 3);
  load(2, 1);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(choose(), dynos[2].get());
}

TEST_F(Balancing, OfEqualsTheOneWithTheFewestTunnels) {
  add_dynos(3);
  for (std::size_t i : {0u, 2u}) {
    load(i, 1);
    dynos[i]->to_tunnel();
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(choose(), dynos[1].get());
  load(1, 1);
  EXPECT_NE(choose(), dynos[1].get()) << "a request in flight outweighs any number of tunnels";
}

TEST_F(Balancing, EqualsTakeTurns) {
  add_dynos(3);
  auto counts = choose_many(300);
  for (const auto& dyno : dynos) EXPECT_GT(counts[dyno.get()], 50);
}

TEST_F(Balancing, OfManyTheFullestIsNeverChosen) {
  add_dynos(50);
  load(10, 1);
  for (int i = 0; i < 2000; ++i) EXPECT_NE(choose(), dynos[10].get());
}

TEST_F(Balancing, AFullDynoIsLeftOutWhateverThePolicy) {
  for (const int count : {4, 40}) {
    dynos.clear();
    members.clear();
    add_dynos(count);
    rules.concurrency = 2;
    for (std::size_t i = 0; i + 1 < dynos.size(); ++i) load(i, 2);
    for (const Policy policy : {Policy::least, Policy::round_robin, Policy::random}) {
      rules.policy = policy;
      for (int i = 0; i < 100; ++i) EXPECT_EQ(choose(), dynos.back().get());
    }
    load(dynos.size() - 1, 2);
    for (const Policy policy : {Policy::least, Policy::round_robin, Policy::random}) {
      rules.policy = policy;
      EXPECT_EQ(choose(), nullptr);
    }
  }
}

TEST_F(Balancing, RoundRobinTakesOneAfterTheOther) {
  add_dynos(3);
  rules.policy = Policy::round_robin;
  for (int i = 0; i < 9; ++i) EXPECT_EQ(choose(), dynos[static_cast<std::size_t>(i % 3)].get());
}

TEST_F(Balancing, RandomTakesAll) {
  add_dynos(3);
  load(0, 100);
  rules.policy = Policy::random;
  auto counts = choose_many(3000);
  for (const auto& dyno : dynos) EXPECT_NEAR(counts[dyno.get()], 1000, 150);
}

// 10 % to a canary beside three: also when nobody has anything to do, which is when a weighing of
// loads would give it nothing.
TEST_F(Balancing, WeightsAreSharesOfTheRequests) {
  add_dynos(3, 300);
  add_dynos(1, 100);
  for (const Policy policy : {Policy::least, Policy::round_robin, Policy::random}) {
    rules.policy = policy;
    auto counts = choose_many(20'000);
    EXPECT_NEAR(counts[dynos[3].get()], 2000, 200);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(counts[dynos[i].get()], 6000, 400);
  }
}

TEST_F(Balancing, WhatACanaryCannotTakeGoesToTheOthers) {
  add_dynos(3, 300);
  add_dynos(1, 100);
  dynos[3]->quarantine_until(now + 5s);
  auto counts = choose_many(1000);
  EXPECT_EQ(counts[dynos[3].get()], 0);
  EXPECT_EQ(counts[nullptr], 0);
}

TEST_F(Balancing, WhoAsksForOneDynoGetsThatOrNone) {
  add_dynos(20);
  rules.concurrency = 1;
  only = dynos[7].get();
  EXPECT_EQ(choose(), dynos[7].get());
  load(7, 1);
  EXPECT_EQ(choose(), nullptr);
  const Target stranger;
  only = &stranger;
  EXPECT_EQ(choose(), nullptr);
}

TEST_F(Balancing, ADynoInQuarantineIsLeftOutUntilItsEnd) {
  add_dynos(2);
  dynos[0]->quarantine_until(now + 5s);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(choose(), dynos[1].get());
  EXPECT_EQ(first_release(dynos, now), now);
  dynos[1]->quarantine_until(now + 6s);
  EXPECT_EQ(choose(), nullptr);
  EXPECT_EQ(first_release(dynos, now), now + 5s);
  now += 5s;
  EXPECT_EQ(choose(), dynos[0].get());
}

TEST_F(Balancing, OneRequestTriesADynoOnce) {
  add_dynos(12);
  for (int i = 0; i < 10; ++i) {
    const Target* chosen = choose();
    ASSERT_NE(chosen, nullptr);
    EXPECT_FALSE(tried.contains(*chosen));
    tried.add(*chosen);
  }
  EXPECT_EQ(tried.count(), 10);
}

TEST_F(Balancing, NobodyIsChosenOfNone) { EXPECT_EQ(choose(), nullptr); }

TEST(Targets, CountWhatIsInFlightAndWhatEverBegan) {
  Target dyno;
  EXPECT_TRUE(dyno.enter(2));
  EXPECT_TRUE(dyno.enter(2));
  EXPECT_FALSE(dyno.enter(2));
  dyno.to_tunnel();
  EXPECT_EQ(dyno.places(), 1u);
  EXPECT_EQ(dyno.tunnels(), 1u);
  EXPECT_TRUE(dyno.enter(2)) << "a tunnel is in nobody's way";
  dyno.leave();
  dyno.leave();
  EXPECT_TRUE(dyno.busy());
  dyno.end_tunnel();
  EXPECT_FALSE(dyno.busy());
  EXPECT_EQ(dyno.begun(), 3u);
}

}  // namespace
}  // namespace davit::router
