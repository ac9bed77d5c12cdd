#include "dyno/protocol/spec.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace davit::dyno {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Spec full_spec() {
  Spec spec;
  spec.id = "0b6f2f0e-6f0e-4f0e-8f0e-0b6f2f0e6f0e";
  spec.name = "web.1";
  spec.argv = {"/bin/bash", "-c", "node server.js"};
  spec.env = {{"PORT", "5000"}, {"EMPTY", ""}, {"MULTI", "a\nb=c ü"}};
  spec.cwd = "/app";
  spec.mounts = {{"/srv/slugs/1", "/app", MountMode::overlay},
                 {"/srv/cache", "/tmp/cache", MountMode::read_write}};
  spec.scratch = "/srv/scratch/1";
  spec.port = 5000;
  spec.uid = 20001;
  spec.stop_grace = std::chrono::seconds(5);
  spec.time_limit = std::chrono::minutes(15);
  spec.spool_bytes = 65536;
  spec.spool_policy = SpoolPolicy::block;
  spec.owner_bound = true;
  spec.limits = {512u << 20, 256, 1024, 64u << 20, 200, 150, 1u << 30};
  spec.cgroups.parents = {{"/sys/fs/cgroup/memory/davit", {"memory"}, false},
                          {"/sys/fs/cgroup/unified/davit", {}, true}};
  return spec;
}

TEST(Spec, SurvivesTheRoundTripThroughText) {
  const Spec spec = full_spec();
  const auto again = Spec::from_json(json::parse(spec.to_json().dump()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->to_json(), spec.to_json());
  EXPECT_EQ(again->env, spec.env);
  EXPECT_EQ(again->argv, spec.argv);
  EXPECT_EQ(again->port, spec.port);
  EXPECT_EQ(again->mounts.size(), 2u);
  EXPECT_EQ(again->mounts[0].mode, MountMode::overlay);
  EXPECT_EQ(again->limits.disk_bytes, 1u << 30);
  EXPECT_EQ(again->cgroups.parents, spec.cgroups.parents);
}

TEST(Spec, OptionalMembersMayBeAbsent) {
  const json minimal{{"version", 1},
                     {"id", "x"},
                     {"name", "run.1"},
                     {"argv", {"/bin/true"}},
                     {"scratch", "/tmp/x"}};
  const auto spec = Spec::from_json(minimal);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_FALSE(spec->port);
  EXPECT_FALSE(spec->uid);
  EXPECT_EQ(spec->cwd, "/app");
  EXPECT_EQ(spec->spool_policy, SpoolPolicy::drop_oldest);
  EXPECT_EQ(spec->limits.cpu_weight, 100u);
  EXPECT_TRUE(spec->cgroups.empty());
}

struct BadMember {
  const char* field;
  json value;
};

TEST(Spec, EveryBadMemberIsRefusedByName) {
  const std::vector<BadMember> cases = {
      {"version", 2},
      {"id", "../x"},
      {"id", ""},
      {"name", "web 1"},
      {"argv", json::array()},
      {"argv", {1, 2}},
      {"argv", "ls"},
      {"env", {{"A=B", "1"}}},
      {"env", {{"A", 1}}},
      {"env", {{"A", std::string("x\0y", 3)}}},
      {"cwd", "app"},
      {"cwd", "/app/../etc"},
      {"scratch", "/"},
      {"scratch", "/var"},
      {"port", 0},
      {"port", 65536},
      {"port", -1},
      {"port", 1.5},
      {"uid", 0},
      {"stop_grace_ms", "soon"},
      {"time_limit_ms", 1e30},
      {"spool_bytes", 1},
      {"spool_policy", "keep"},
      {"owner_bound", 1},
      {"mounts", "none"},
      {"mode", {{{"source", "/a"}, {"target", "/b"}, {"mode", "rw"}}}},
      {"target", {{{"source", "/a"}, {"target", "/"}, {"mode", "read_only"}}}},
      {"source", {{{"source", "a"}, {"target", "/b"}, {"mode", "read_only"}}}},
      {"open_files", {{"open_files", -1}}},
      {"cpu_weight", {{"cpu_weight", 0}}},
      {"cpu_weight", {{"cpu_weight", 10001}}},
      {"cgroups", "all"},
      {"folder", {{{"folder", "/sys/fs/cgroup/../.."}, {"v2", true}}}},
      {"folder", {{{"folder", "/"}, {"v2", true}}}},
      {"folder", {{{"v2", true}}}},
  };
  for (const auto& bad : cases) {
    json value = full_spec().to_json();
    const std::string_view field = bad.field;
    const char* member = field == "mode" || field == "target" || field == "source" ? "mounts"
                         : field == "open_files" || field == "cpu_weight"          ? "limits"
                         : field == "folder"                                       ? "cgroups"
                                                                                   : bad.field;
    value[member] = bad.value;
    const auto spec = Spec::from_json(value);
    ASSERT_FALSE(spec) << bad.field << " = " << bad.value.dump();
    EXPECT_THAT(spec.error().message, HasSubstr(bad.field)) << bad.value.dump();
    EXPECT_EQ(spec.error().code, Errc::invalid_argument);
  }
}

TEST(Spec, WhatIsNoObjectIsRefused) {
  for (const char* text : {"1", "[]", "null", "\"x\""}) {
    EXPECT_FALSE(Spec::from_json(json::parse(text))) << text;
  }
}

}  // namespace
}  // namespace davit::dyno
