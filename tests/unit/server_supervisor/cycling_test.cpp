#include "server/supervisor/cycling.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;

TEST(Cycling, IsDueAfterADayAndUpTo216MinutesEachAtItsOwnTime) {
  test::SeededRandom random(11);
  std::set<std::chrono::milliseconds> times;
  for (int i = 0; i < 200; ++i) {
    const auto left = time_to_cycle(DynoId::make(random), 0us);
    EXPECT_GE(left, 24h);
    EXPECT_LT(left, 24h + 216min);
    times.insert(left);
  }
  EXPECT_GT(times.size(), 190u);
  EXPECT_GT(*times.rbegin() - *times.begin(), 180min) << "spread out";
}

TEST(Cycling, EveryDavitdComesToTheSameTime) {
  test::SeededRandom random(12);
  const auto id = DynoId::make(random);
  EXPECT_EQ(time_to_cycle(id, 5h), time_to_cycle(id, 0us) - 5h);
  EXPECT_LT(time_to_cycle(id, 100h), 0ms);
}

}  // namespace
}  // namespace davit::supervisor
