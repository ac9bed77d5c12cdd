#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"

// A release that serves a share of an app's web requests beside the current one. Pure.
namespace davit::supervisor {

// A canary's dynos have names of their own, web.101 and on, beyond any formation: logs, metrics and
// $DYNO tell them from the others for as long as it lasts.
inline constexpr std::uint32_t canary_numbers_after = 100;
bool is_canary_name(const DynoName& name);

// How many dynos it has beside so many of the current release: its share of them, at least one.
std::uint32_t canary_quantity(std::uint32_t web_dynos, std::uint32_t percent);

// What each dyno weighs in the route table, so that a canary's dynos get their share of the
// requests together.
struct CanaryWeights {
  std::uint32_t current = 0;
  std::uint32_t canary = 0;
};
// `current` and `canary`: how many serve, 100 of each at most. percent: 1 to 99.
CanaryWeights canary_weights(std::uint32_t current, std::uint32_t canary, std::uint32_t percent);

// Watches a canary and decides that it has failed:
//   - at once when one of its dynos crashes (also R10, R20, R21);
//   - when its share of 5xx answers is clearly above that of the current release's dynos. Both are
//     counted over the last five minutes. Each rate has an interval in which it really lies
//     (Wilson's, at three standard deviations); the canary's must begin above the other's end, be
//     a percentage point higher at least, and count five failures. So 5 failures of 5 beside 36
//     sound answers are enough, 5 of 30 beside a rate of 10 % are not.
// A new davitd counts anew.
class CanaryWatch {
 public:
  enum class Side { current, canary };
  struct Served {
    Side side = Side::current;
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;  // answered by 5xx
  };
  void served(const Served& served, SteadyTime now);
  void crashed(const DynoName& name, const std::string& reason);
  // One sentence; empty: it is sound. The first failure stays.
  const std::string& failure() const { return failure_; }

 private:
  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
    double rate() const;
  };
  struct Step {
    SteadyTime begun;
    std::array<Counts, 2> counts;  // by Side
  };
  Counts sum(Side side) const;
  void judge();

  std::deque<Step> steps_;  // oldest first
  std::string failure_;
};

}  // namespace davit::supervisor
