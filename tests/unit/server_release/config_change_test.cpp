#include "server/release/config_change.hpp"

#include <gtest/gtest.h>

#include "server/release/limits.hpp"

namespace davit::release {
namespace {

TEST(ApplyChange, SetsRemovesAndDescribes) {
  const auto changed =
      apply_change({{"OLD", "1"}, {"SAME", "x"}},
                   {{"A", "1"}, {"B", "two words"}, {"OLD", std::nullopt}, {"SAME", "x"}})
          .value();
  EXPECT_EQ(changed.config, (store::ConfigVars{{"A", "1"}, {"B", "two words"}, {"SAME", "x"}}));
  EXPECT_EQ(changed.description, "Set A, B config vars; Remove OLD config var");
}

TEST(ApplyChange, SaysWhenNothingChanges) {
  EXPECT_EQ(apply_change({{"A", "1"}}, {{"A", "1"}, {"GONE", std::nullopt}}).value().description,
            "");
}

TEST(ApplyChange, RefusesWhatNoEnvironmentCanCarry) {
  EXPECT_FALSE(apply_change({}, {{"A=B", "1"}}));
  EXPECT_FALSE(apply_change({}, {{"1A", "1"}}));
  EXPECT_FALSE(apply_change({}, {{"", "1"}}));
  EXPECT_FALSE(apply_change({}, {{"A", std::string("a\0b", 3)}}));
  EXPECT_TRUE(apply_change({}, {{"A", "many\nlines\n"}}));
}

TEST(ApplyChange, RemovingABadNameThatSomehowIsThereStillWorks) {
  EXPECT_TRUE(
      apply_change({{"odd-name", "1"}}, {{"odd-name", std::nullopt}}).value().config.empty());
}

TEST(ApplyChange, HoldsTheLimitOnTheWhole) {
  const std::string half(limits::config_bytes_max / 2, 'x');
  EXPECT_TRUE(apply_change({}, {{"A", half}}));
  EXPECT_EQ(apply_change({{"A", half}}, {{"B", half}}).error().code, Errc::invalid_argument);
}

TEST(ApplyChange, HoldsTheLimitOnTheCount) {
  store::ConfigVars full;
  for (std::size_t i = 0; i < limits::config_vars_max; ++i) full[fmt::format("V{}", i)] = "x";
  EXPECT_EQ(apply_change(full, {{"ONE_MORE", "x"}}).error().code, Errc::invalid_argument);
  EXPECT_TRUE(apply_change(full, {{"ONE_MORE", "x"}, {"V0", std::nullopt}}));
}

TEST(ApplyChange, AConfigThatIsOverTheLimitsMayBeMadeSmaller) {
  store::ConfigVars over{{"BIG", std::string(2 * limits::config_bytes_max, 'x')}};
  for (std::size_t i = 0; i < 2 * limits::config_vars_max; ++i) over[fmt::format("V{}", i)] = "x";
  EXPECT_TRUE(apply_change(over, {{"V0", std::nullopt}}));
  EXPECT_TRUE(apply_change(over, {{"BIG", std::string(limits::config_bytes_max, 'x')}}));
  EXPECT_FALSE(apply_change(over, {{"ONE_MORE", "x"}}));
}

}  // namespace
}  // namespace davit::release
