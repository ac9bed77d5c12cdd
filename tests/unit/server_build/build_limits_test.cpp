#include "server/build/build_limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace davit::build {
namespace {

using ::testing::HasSubstr;

std::string told(dyno::ExitReason reason, const std::string& detail = "") {
  BuildLimits limits;
  limits.memory_bytes = 512ull << 20;
  limits.disk_bytes = 1ull << 30;
  limits.time = std::chrono::seconds(90);
  dyno::ExitRecord record;
  record.reason = reason;
  record.detail = detail;
  const Result<> judged = judge_end(record, limits);
  return judged ? std::string() : judged.error().message;
}

TEST(BuildLimits, EachIsNamedWithItsNumbersAndItsSetting) {
  const auto memory = told(dyno::ExitReason::out_of_memory, "it held 700 MB");
  EXPECT_THAT(memory, HasSubstr("memory limit of 512MB"));
  EXPECT_THAT(memory, HasSubstr("it held 700 MB"));
  EXPECT_THAT(memory, HasSubstr("`memory` in [build] of davit.toml"));
  const auto disk = told(dyno::ExitReason::disk_full, "it takes 2 GB; choose `davit ps:type`");
  EXPECT_THAT(disk, HasSubstr("disk limit of 1GB"));
  EXPECT_THAT(disk, ::testing::Not(HasSubstr("ps:type")));
  EXPECT_THAT(disk, HasSubstr("`disk` in [build]"));
  EXPECT_THAT(told(dyno::ExitReason::time_limit), HasSubstr("time limit of 90 seconds"));
  EXPECT_THAT(too_many_processes(7, BuildLimits()).message,
              HasSubstr("limit of 1024 processes and threads (fork was refused 7 times)"));
  EXPECT_EQ(told(dyno::ExitReason::exited), "");
}

TEST(BuildLimits, ASmallBoxGivesABuildAPartOfItsMemory) {
  EXPECT_EQ(default_build_memory(1000ull << 20), 600ull << 20);
  EXPECT_EQ(default_build_memory(64ull << 30), 2ull << 30);
  EXPECT_EQ(default_build_memory(0), 2ull << 30);
}

}  // namespace
}  // namespace davit::build
