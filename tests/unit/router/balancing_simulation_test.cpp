// The bench of tests/bench/balancing, smaller: seeds 1 to 3, and bounds that each of them keeps.
#include "tests/bench/balancing/simulation.hpp"

#include <gtest/gtest.h>

namespace davit::bench {
namespace {

using router::Policy;

double p99(Policy policy, std::uint32_t concurrency, std::uint64_t seed, int threads,
           bool shared = true) {
  Scenario scenario;
  scenario.policy = policy;
  scenario.concurrency = concurrency;
  scenario.threads = threads;
  scenario.shared = shared;
  scenario.seed = seed;
  scenario.requests = 60'000;
  return simulate(scenario).p99;
}

TEST(BalancingSimulation, LeastInFlightAndAQueueBeatRandomOverAllThreads) {
  constexpr std::uint32_t no_limit = 1'000'000;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const double random = p99(Policy::random, no_limit, seed, 1);
    for (const int threads : {1, 4}) {
      EXPECT_GT(random / p99(Policy::least, no_limit, seed, threads), 2.5) << seed;
      EXPECT_GT(random / p99(Policy::least, 1, seed, threads), 3.5) << seed;
    }
    EXPECT_LT(random / p99(Policy::round_robin, no_limit, seed, 1), 2.0) << seed;
  }
}

TEST(BalancingSimulation, ThreadsThatCountAloneLoseMuchOfIt) {
  constexpr std::uint32_t no_limit = 1'000'000;
  EXPECT_GT(p99(Policy::least, no_limit, 1, 4, false), 1.2 * p99(Policy::least, no_limit, 1, 4));
}

}  // namespace
}  // namespace davit::bench
