#include "cli/sparkline.hpp"

#include <gtest/gtest.h>

namespace davit::cli {
namespace {

TEST(Sparkline, DrawsFromZeroToTheLargest) {
  EXPECT_EQ(sparkline({0, 50, 100}), "▁▅█");
  EXPECT_EQ(sparkline({7, 7}), "██");
  EXPECT_EQ(sparkline({0, 0}), "▁▁");
  EXPECT_EQ(sparkline({}), "");
}

TEST(Sparkline, AGapIsASpace) { EXPECT_EQ(sparkline({std::nullopt, 1, std::nullopt}), " █ "); }

TEST(Sparkline, ManyValuesShareAFewCharactersAndNoPeakIsLost) {
  std::vector<std::optional<double>> values(300, 1.0);
  values[157] = 100.0;
  const std::string line = sparkline(values, 10);
  EXPECT_EQ(line, "▁▁▁▁▁█▁▁▁▁");
}

}  // namespace
}  // namespace davit::cli
