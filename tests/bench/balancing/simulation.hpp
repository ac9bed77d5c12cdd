#pragma once
#include <cstdint>

#include "router/balancer.hpp"

// A day at the router in a second: requests on a simulated clock go through the real gate and the
// real choice of a dyno; only the dynos are made up. Deterministic by its seed.
namespace davit::bench {

// 8 dynos that serve one request at a time, 95 of 100 requests take 5 ms and the others 500, they
// come as they like (Poisson), and 65 % of the dynos' time is asked for.
struct Scenario {
  router::Policy policy = router::Policy::least;
  std::uint32_t concurrency = router::limits::requests_per_dyno;
  int threads = 1;     // each draws its own lots; requests land on any
  bool shared = true;  // false: each thread counts for itself, as separate routers would
  int dynos = 8;
  double busy = 0.65;
  int requests = 1'000'000;
  std::uint64_t seed = 1;
};

// Milliseconds from a request's arrival to the end of its answer.
struct Outcome {
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  double fast_p99 = 0;  // of those that take 5 ms: none can be below, and 500 ms is p99 of all
};
Outcome simulate(const Scenario& scenario);

}  // namespace davit::bench
