#include "server/dynos/layout.hpp"

#include <gtest/gtest.h>

namespace davit::dynos {
namespace {

dyno::Spec sample() {
  dyno::Spec spec;
  spec.scratch = "/data/scratch/1";
  spec.argv = {"/packs/1/bin/compile", "/tmp/build_x", "/tmp/cache", "/tmp/buildings", "/app"};
  spec.env = {{"HOME", "/app"}, {"P", "/app/bin:/usr/bin"}, {"T", "/tmp/x"}, {"U", "/apple"}};
  spec.cwd = "/packs/1";
  spec.mounts = {{"/data/slug", "/app", dyno::MountMode::overlay},
                 {"/data/tree", "/tmp/build_x", dyno::MountMode::read_write},
                 {"/data/cache", "/tmp/cache", dyno::MountMode::read_write},
                 {"/data/packs/n", "/packs/1", dyno::MountMode::read_only}};
  return spec;
}

TEST(Layout, MountTargetsBecomeHostPathsAtLevelC) {
  const auto spec = adapt_to_level_c(sample());
  EXPECT_EQ(spec.argv,
            (std::vector<std::string>{"/data/packs/n/bin/compile", "/data/tree", "/data/cache",
                                      "/data/scratch/1/tmp/buildings", "/data/scratch/1/app"}));
  EXPECT_EQ(spec.cwd, "/data/packs/n");
  EXPECT_EQ(spec.env.at("HOME"), "/data/scratch/1/app");
  EXPECT_EQ(spec.env.at("P"), "/data/scratch/1/app/bin:/usr/bin");
  EXPECT_EQ(spec.env.at("T"), "/data/scratch/1/tmp/x");
  EXPECT_EQ(spec.env.at("U"), "/apple");
  EXPECT_EQ(spec.env.at("TMPDIR"), "/data/scratch/1/tmp");
  EXPECT_EQ(spec.mounts[0].target, "/data/scratch/1/app");
  EXPECT_EQ(spec.mounts[1].target, "/data/tree");
}

TEST(Layout, MountsKeepTheirNamesAtTheOtherLevels) {
  EXPECT_EQ(layout_for(dyno::Level::a, "/s").app, "/app");
  EXPECT_EQ(layout_for(dyno::Level::b, "/s").tmp, "/tmp");
  EXPECT_EQ(layout_for(dyno::Level::c, "/s").tmp, "/s/tmp");
}

}  // namespace
}  // namespace davit::dynos
