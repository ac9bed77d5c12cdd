#include "router/balancer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace davit::router {
namespace {

using namespace std::chrono_literals;

struct Balancing : testing::Test {
  void add_dynos(int count) {
    for (int i = 0; i < count; ++i) {
      dynos.push_back(std::make_shared<Target>());
      dynos.back()->id = std::to_string(i);
    }
  }
  const Target* choose() {
    const TargetPtr* chosen = choose_dyno(dynos, now, tried, random);
    return chosen ? chosen->get() : nullptr;
  }
  std::vector<TargetPtr> dynos;
  SteadyTime now{1h};
  Tried tried;
  FastRandom random{7};
};

TEST_F(Balancing, TheOneWithTheLeastInFlightIsChosen) {
  add_dynos(4);
  for (const auto& dyno : dynos) dyno->in_flight = 3;
  dynos[2]->in_flight = 1;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(choose(), dynos[2].get());
}

TEST_F(Balancing, EqualsTakeTurns) {
  add_dynos(3);
  std::map<const Target*, int> count;
  for (int i = 0; i < 300; ++i) ++count[choose()];
  for (const auto& dyno : dynos) EXPECT_GT(count[dyno.get()], 50);
}

TEST_F(Balancing, OfManyTheFullestIsNeverChosen) {
  add_dynos(50);
  dynos[10]->in_flight = 1;
  for (int i = 0; i < 2000; ++i) EXPECT_NE(choose(), dynos[10].get());
}

TEST_F(Balancing, ADynoInQuarantineIsLeftOutUntilItsEnd) {
  add_dynos(2);
  dynos[0]->quarantined_until = now + 5s;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(choose(), dynos[1].get());
  EXPECT_EQ(first_release(dynos, now), now);
  dynos[1]->quarantined_until = now + 6s;
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

}  // namespace
}  // namespace davit::router
