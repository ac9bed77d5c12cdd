// How much better than random the router's choices are: tests/bench/balancing/simulation.hpp.
// Prints milliseconds and ratios; ends with 1 where an aim is missed. One of twenty requests takes
// 500 ms, so no p99 can be below that: with a limit and a queue it is 500 ms, and the rest of the
// ratio is random's alone. What people wait for answers that are quick is in the column of those.
#include <cstdio>
#include <cstdlib>

#include "tests/bench/balancing/simulation.hpp"

using davit::bench::Outcome;
using davit::bench::Scenario;
using davit::bench::simulate;
using davit::router::Policy;

namespace {

struct Row {
  const char* name;
  Scenario scenario;
  double aim;  // p99, times better than random; 0: none
};

Scenario make(Policy policy, std::uint32_t concurrency, int threads, bool shared = true) {
  Scenario scenario;
  scenario.policy = policy;
  scenario.concurrency = concurrency;
  scenario.threads = threads;
  scenario.shared = shared;
  return scenario;
}

}  // namespace

int main(int argc, char** argv) {
  const int requests = argc > 1 ? std::atoi(argv[1]) : 3'000'000;
  constexpr std::uint32_t no_limit = 1'000'000;
  const Row rows[] = {
      {"random", make(Policy::random, no_limit, 1), 0},
      {"round robin", make(Policy::round_robin, no_limit, 1), 0},
      {"least in flight, 1 thread", make(Policy::least, no_limit, 1), 4},
      {"least in flight, 2 threads", make(Policy::least, no_limit, 2), 4},
      {"least in flight, 4 threads", make(Policy::least, no_limit, 4), 4},
      {"  4 threads that count alone", make(Policy::least, no_limit, 4, false), 0},
      {"limit 1 and queue, 1 thread", make(Policy::least, 1, 1), 4.5},
      {"limit 1 and queue, 2 threads", make(Policy::least, 1, 2), 4.5},
      {"limit 1 and queue, 4 threads", make(Policy::least, 1, 4), 4.5},
  };
  std::printf("%-30s %8s %8s %8s %8s   p99, p99.9 and p99 of the quick, times better than random\n",
              "policy", "p50", "p99", "p99.9", "quick");
  Outcome base;
  bool missed = false;
  for (const Row& row : rows) {
    Scenario scenario = row.scenario;
    scenario.requests = requests;
    const Outcome outcome = simulate(scenario);
    if (base.p99 == 0) base = outcome;
    const double better = base.p99 / outcome.p99;
    const bool short_of = row.aim > 0 && better < row.aim;
    missed = missed || short_of;
    std::printf("%-30s %8.1f %8.0f %8.0f %8.0f   %.1f  %.1f  %.1f%s\n", row.name, outcome.p50,
                outcome.p99, outcome.p999, outcome.fast_p99, better, base.p999 / outcome.p999,
                base.fast_p99 / outcome.fast_p99, short_of ? "  short of its aim" : "");
    std::fflush(stdout);
  }
  return missed ? 1 : 0;
}
