#include "dyno/spool.hpp"

#include <gtest/gtest.h>

namespace davit::dyno {
namespace {

std::string numbered(std::size_t from, std::size_t count) {
  std::string out;
  for (std::size_t i = from; i < from + count; ++i) out += static_cast<char>('a' + i % 26);
  return out;
}

TEST(Spool, ReadsByOffsetAcrossBlocks) {
  Spool spool(1 << 20, SpoolPolicy::drop_oldest);
  for (std::size_t at = 0; at < 100'000; at += 1000) spool.append(numbered(at, 1000));
  EXPECT_EQ(spool.end(), 100'000u);
  EXPECT_EQ(spool.read(16'000, 40'000), numbered(16'000, 40'000));
  EXPECT_EQ(spool.read(99'990, 40'000), numbered(99'990, 10));
  EXPECT_EQ(spool.read(100'000, 10), "");
}

TEST(Spool, DropsTheOldestWhenFull) {
  Spool spool(50'000, SpoolPolicy::drop_oldest);
  for (std::size_t at = 0; at < 120'000; at += 1000) spool.append(numbered(at, 1000));
  EXPECT_EQ(spool.begin(), 70'000u);
  EXPECT_EQ(spool.read(70'000, 50'000), numbered(70'000, 50'000));
}

TEST(Spool, BlocksWhenFullAndTakesTheLastRest) {
  Spool spool(5000, SpoolPolicy::block);
  spool.append(numbered(0, 5000));
  EXPECT_EQ(spool.room(), 0u);
  spool.release(1000);
  EXPECT_EQ(spool.room(), 1000u);
  spool.append_last(numbered(5000, 70'000));
  EXPECT_EQ(spool.begin(), 1000u);
  EXPECT_EQ(spool.read(1000, 80'000), numbered(1000, 74'000));
}

TEST(Spool, ReleaseAtABlocksEdgeAndBeyondKeepsOffsets) {
  Spool spool(1 << 20, SpoolPolicy::drop_oldest);
  spool.append(numbered(0, 16'384));
  spool.release(16'384);
  spool.append(numbered(16'384, 20'000));
  spool.release(10);  // an old acknowledgement
  EXPECT_EQ(spool.read(16'384, 20'000), numbered(16'384, 20'000));
  spool.release(30'000);
  EXPECT_EQ(spool.read(30'000, 9), numbered(30'000, 9));
}

TEST(Spool, KnowsHowManyLinesEndedInWhatItDropped) {
  Spool spool(50'000, SpoolPolicy::drop_oldest);
  const std::string thousand = std::string(999, 'x') + "\n";
  for (int i = 0; i < 10; ++i) spool.append(thousand);
  spool.release(10'000);
  EXPECT_EQ(spool.lines_before(10'000), 10u);
  for (int i = 0; i < 70; ++i) spool.append(thousand);
  EXPECT_EQ(spool.begin(), 30'000u);
  EXPECT_EQ(spool.lines_before(spool.begin()), 30u);
  EXPECT_EQ(spool.lines_before(spool.end()), 80u);
  // Who stored up to here lost twenty lines.
  EXPECT_EQ(spool.lines_before(10'000), 10u);
}

}  // namespace
}  // namespace davit::dyno
