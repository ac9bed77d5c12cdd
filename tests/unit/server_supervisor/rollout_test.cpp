#include "server/supervisor/rollout.hpp"

#include <gtest/gtest.h>

namespace davit::supervisor {
namespace {

Result<Rollout> parse(const char* type, const char* surge, const char* unavailable) {
  return Rollout::parse(ProcessType::parse(type).value(), surge, unavailable);
}

TEST(Rollout, ByDefaultWebSwitchesAtOnceAndWorkersAreStoppedAsTheirSuccessorsStart) {
  EXPECT_EQ(parse("web", "", "")->surge_of(7), 7u);
  EXPECT_EQ(parse("web", "", "")->unavailable_of(7), 0u);
  EXPECT_EQ(parse("worker", "", "")->surge_of(7), 7u);
  EXPECT_EQ(parse("worker", "", "")->unavailable_of(7), 7u);
}

TEST(Rollout, SharesAreRoundedSoThatSomethingMovesAndEnoughStays) {
  const auto rollout = parse("web", "25%", "25%");
  EXPECT_EQ(rollout->surge_of(5), 2u);
  EXPECT_EQ(rollout->unavailable_of(5), 1u);
  EXPECT_EQ(rollout->surge_of(1), 1u);
  EXPECT_EQ(rollout->unavailable_of(1), 0u);
}

TEST(Rollout, AWorkerWithoutSurgeKeepsItsDefaultForTheRest) {
  const auto rollout = parse("worker", "0", "");
  ASSERT_TRUE(rollout);
  EXPECT_EQ(rollout->surge_of(3), 0u);
  EXPECT_EQ(rollout->unavailable_of(3), 3u);
}

TEST(Rollout, BothZeroIsRefusedWithWhatToSayInstead) {
  const auto refused = parse("web", "0", "");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("max_unavailable=1"), std::string::npos);
}

TEST(Rollout, NonsenseIsRefusedWithTheFieldsName) {
  for (const char* text : {"-1", "1.5", "101%", "%", "many", "1 ", "99999"}) {
    const auto refused = parse("web", "1", text);
    ASSERT_FALSE(refused) << text;
    EXPECT_NE(refused.error().message.find("max_unavailable: "), std::string::npos);
  }
}

}  // namespace
}  // namespace davit::supervisor
