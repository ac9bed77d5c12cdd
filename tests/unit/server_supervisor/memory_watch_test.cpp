#include "server/supervisor/memory_watch.hpp"

#include <gmock/gmock.h>

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t mb = 1024 * 1024;

TEST(MemoryWatch, OverTheQuotaIsSaidAtOnceAndThenEveryTwentySeconds) {
  MemoryWatch watch(512 * mb);
  SteadyTime now{1h};
  EXPECT_THAT(watch.used(512 * mb, now), IsEmpty());
  EXPECT_FALSE(watch.over());
  EXPECT_THAT(watch.used(550 * mb, now),
              ElementsAre("Process running mem=550M(107.4%)", "Error R14 (Memory quota exceeded)"));
  EXPECT_TRUE(watch.over());
  EXPECT_THAT(watch.used(560 * mb, now + 19s), IsEmpty());
  EXPECT_THAT(watch.used(570 * mb, now + 20s),
              ElementsAre("Process running mem=570M(111.3%)", "Error R14 (Memory quota exceeded)"));
  EXPECT_THAT(watch.used(100 * mb, now + 40s), IsEmpty());
  EXPECT_FALSE(watch.over());
}

// An app that swings around its quota writes no more lines than one that stays above.
TEST(MemoryWatch, ComingBackDoesNotResetTheRhythm) {
  MemoryWatch watch(512 * mb);
  SteadyTime now{1h};
  int said = 0;
  for (int second = 0; second < 60; ++second) {
    const std::uint64_t bytes = second % 2 == 0 ? 600 * mb : 400 * mb;
    said += watch.used(bytes, now + std::chrono::seconds(second)).empty() ? 0 : 1;
  }
  EXPECT_EQ(said, 3);
}

TEST(MemoryWatch, AKillIsToldWithTheMostThatWasSeen) {
  MemoryWatch watch(512 * mb);
  watch.used(640 * mb, SteadyTime{1h});
  watch.used(600 * mb, SteadyTime{2h});
  EXPECT_THAT(watch.killed(), ElementsAre("Process running mem=640M(125.0%)",
                                          "Error R15 (Memory quota vastly exceeded)",
                                          "Stopping process with SIGKILL"));
  EXPECT_THAT(MemoryWatch(512 * mb).killed().front(), "Process running mem=512M(100.0%)");
  // A bomb goes off between two readings; the kernel remembers how far it came.
  MemoryWatch bomb(0);
  bomb.set_quota(512 * mb);
  bomb.saw_peak(639 * mb);
  EXPECT_THAT(bomb.killed().front(), "Process running mem=639M(124.8%)");
}

TEST(MemoryWatch, WithoutAQuotaThereIsNothingToExceed) {
  MemoryWatch watch(0);
  EXPECT_THAT(watch.used(10'000 * mb, SteadyTime{1h}), IsEmpty());
  EXPECT_EQ(watch.killed().size(), 2u);
}

}  // namespace
}  // namespace davit::supervisor
