#include "server/supervisor/dyno_spec.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

class DynoSpecTest : public testing::Test {
 protected:
  DynoSpecTest() {
    recipe_.record.id = DynoId::make(random_);
    recipe_.record.name = DynoName::parse("web.1").value();
    recipe_.record.command = "node server.js";
    recipe_.record.port = 20'000;
    recipe_.size = SizeCatalog::defaults(0).find("large").value();
  }
  test::SeededRandom random_{8};
  DynoRecipe recipe_;
};

TEST_F(DynoSpecTest, ADynoGetsTheLimitsOfItsSize) {
  const auto spec = make_spec(recipe_);
  EXPECT_EQ(spec.limits.memory_bytes, recipe_.size.memory_bytes);
  EXPECT_EQ(spec.limits.processes, 512u);
  EXPECT_EQ(spec.limits.cpu_weight, 200u);
  EXPECT_EQ(spec.limits.cpu_max_percent, 0u);
  EXPECT_EQ(spec.limits.disk_bytes, recipe_.size.disk_bytes);
  EXPECT_EQ(spec.env.at("MEMORY_AVAILABLE"), "1024");
}

TEST_F(DynoSpecTest, AConfigVarMayCorrectTheMemoryButNotThePlatformsOwn) {
  recipe_.release.config = {{"MEMORY_AVAILABLE", "300"}, {"PORT", "80"}, {"DYNO", "web.9"}};
  const auto spec = make_spec(recipe_);
  EXPECT_EQ(spec.env.at("MEMORY_AVAILABLE"), "300");
  EXPECT_EQ(spec.env.at("PORT"), "20000");
  EXPECT_EQ(spec.env.at("DYNO"), "web.1");
}

TEST_F(DynoSpecTest, WhatRunsOnceDiesWithItsOwnerAndLosesNoOutput) {
  EXPECT_FALSE(make_spec(recipe_).owner_bound);
  recipe_.run_once = true;
  recipe_.time_limit = std::chrono::hours(1);
  const auto spec = make_spec(recipe_);
  EXPECT_TRUE(spec.owner_bound);
  EXPECT_EQ(spec.time_limit, std::chrono::hours(1));
  EXPECT_EQ(spec.spool_policy, dyno::SpoolPolicy::block);
}

}  // namespace
}  // namespace davit::supervisor
