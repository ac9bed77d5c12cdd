#include "base/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/fakes.hpp"

namespace davit {
namespace {

TEST(Histogram, HasNoPercentileOfNothing) { EXPECT_FALSE(Histogram().percentile(95)); }

TEST(Histogram, IsExactForShortTimes) {
  Histogram histogram;
  for (int ms = 1; ms <= 10; ++ms) histogram.add(ms);
  EXPECT_EQ(histogram.percentile(50), 5);
  EXPECT_EQ(histogram.percentile(95), 10);
  EXPECT_EQ(histogram.percentile(100), 10);
}

TEST(Histogram, IsWithinASixteenthForLongOnes) {
  for (const std::int64_t ms : {16, 17, 31, 32, 100, 999, 1000, 30'000, 60'001, 140'000}) {
    Histogram histogram;
    histogram.add(ms);
    EXPECT_NEAR(static_cast<double>(*histogram.percentile(50)), static_cast<double>(ms),
                static_cast<double>(ms) / 15)
        << ms;
  }
}

TEST(Histogram, OddTimesHaveABinToo) {
  Histogram histogram;
  histogram.add(-5);
  EXPECT_EQ(histogram.percentile(50), 0);
  histogram.add(INT64_MAX);
  EXPECT_GT(*histogram.percentile(100), 100'000);
  EXPECT_EQ(histogram.count(), 2u);
  histogram.add_bin(100'000, 1);  // of a newer Davit
  EXPECT_EQ(histogram.count(), 2u);
}

TEST(Histogram, TwoAddUpAsOne) {
  constexpr std::uint64_t seed = 11;
  test::SeededRandom random(seed);
  Histogram one, two, all;
  std::vector<std::int64_t> times;
  for (int i = 0; i < 5'000; ++i) {
    const auto ms = static_cast<std::int64_t>(random.below(5'000));
    times.push_back(ms);
    (i % 3 == 0 ? one : two).add(ms);
    all.add(ms);
  }
  one.merge(two);
  EXPECT_EQ(one.bins(), all.bins());
  std::ranges::sort(times);
  for (const int percent : {50, 95, 99}) {
    const auto exact =
        static_cast<double>(times[times.size() * static_cast<std::size_t>(percent) / 100]);
    EXPECT_NEAR(static_cast<double>(*one.percentile(percent)), exact, exact / 12)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace davit
