#include "server/config/config_file.hpp"

#include <gtest/gtest.h>

namespace davit::config {
namespace {

using namespace std::chrono_literals;

Result<ConfigFile> parse(const std::string& text) { return parse_config(text, "davit.toml"); }

std::string refusal(const std::string& text) {
  const auto config = parse(text);
  return config ? "" : config.error().message;
}

TEST(ConfigFile, AnEmptyOneIsAllDefaults) {
  const auto config = parse("").value();
  EXPECT_FALSE(config.domain);
  EXPECT_TRUE(config.sizes.empty());
  EXPECT_EQ(config.network.egress, NetworkSection::Egress::automatic);
  EXPECT_FALSE(config.dynos.cycle);
}

TEST(ConfigFile, EverySectionIsRead) {
  const auto config = parse(R"(
domain = "paas.example.com"
listen = ["0.0.0.0:80", "[::]:80"]
[sizes.small]
memory = "256MB"
cpu_max = "none"
[sizes.huge]
memory = "4GB"
cpu_weight = 400
cpu_max = "250%"
processes = 1024
disk = "10GB"
[network]
egress = "none"
allow = ["10.1.0.0/16:5432"]
[dynos]
boot_timeout = "90s"
stack = "/srv/stacks/debian-12"
stop_grace = "10s"
sleep_stop_after = "2h"
scale_up_after = "10s"
scale_down_after = "15m"
cycle = true
[router]
arguments = ["--first-byte-timeout", "60s"]
[build]
network = "shared"
memory = "1GB"
cpu_weight = 10
processes = 300
disk = "4GB"
time = "20m"
slug = "800MB"
at_once = 3
cache_budget = "1GB"
[build.env]
HTTPS_PROXY = "http://proxy:3128"
)")
                          .value();
  EXPECT_EQ(config.domain, "paas.example.com");
  EXPECT_EQ(config.listen->size(), 2u);
  EXPECT_EQ(config.sizes.at("small").memory_bytes, 256ull << 20);
  EXPECT_EQ(config.sizes.at("small").cpu_max_percent, 0u);
  EXPECT_FALSE(config.sizes.at("small").disk_bytes);
  const SizeSection& huge = config.sizes.at("huge");
  EXPECT_EQ(huge.cpu_weight, 400u);
  EXPECT_EQ(huge.cpu_max_percent, 250u);
  EXPECT_EQ(huge.processes, 1024u);
  EXPECT_EQ(huge.disk_bytes, 10ull << 30);
  EXPECT_EQ(config.network.egress, NetworkSection::Egress::none);
  EXPECT_EQ(config.network.allow, std::vector<std::string>{"10.1.0.0/16:5432"});
  EXPECT_EQ(config.dynos.boot_timeout, 90s);
  EXPECT_EQ(config.dynos.stack, "/srv/stacks/debian-12");
  EXPECT_EQ(config.dynos.stop_grace, 10s);
  EXPECT_EQ(config.dynos.sleep_stop_after, 2h);
  EXPECT_EQ(config.dynos.scale_up_after, 10s);
  EXPECT_EQ(config.dynos.scale_down_after, 15min);
  EXPECT_TRUE(config.dynos.cycle);
  EXPECT_EQ(config.router.arguments.size(), 2u);
  EXPECT_TRUE(config.build.share_host_network);
  EXPECT_EQ(config.build.memory_bytes, 1ull << 30);
  EXPECT_EQ(config.build.cpu_weight, 10u);
  EXPECT_EQ(config.build.processes, 300u);
  EXPECT_EQ(config.build.disk_bytes, 4ull << 30);
  EXPECT_EQ(config.build.time, 20min);
  EXPECT_EQ(config.build.slug_bytes, 800ull << 20);
  EXPECT_EQ(config.build.at_once, 3u);
  EXPECT_EQ(config.build.cache_budget_bytes, 1ull << 30);
  EXPECT_EQ(config.build.env.at("HTTPS_PROXY"), "http://proxy:3128");
}

// A limit that is misspelt must not silently be no limit.
TEST(ConfigFile, WhatIsNotKnownIsRefusedWithItsLine) {
  EXPECT_EQ(refusal("\n[sizes.small]\nmemry = \"1GB\""),
            "'davit.toml', line 3: 'sizes.small.memry': is not known here; known are: cpu_max, "
            "cpu_weight, disk, "
            "memory, processes");
  EXPECT_NE(refusal("[sizes]\nsmall = 3"), "");
  EXPECT_NE(refusal("[sizes.Big]"), "");
  EXPECT_NE(refusal("[network]\negress = \"maybe\""), "");
}

TEST(ConfigFile, CertificatesAreListedAsPairsOfFiles) {
  const auto config = parse_config(
      "[router]\nhttps_listen = [\"0.0.0.0:443\"]\n"
      "[[router.certificates]]\nchain = \"/a.pem\"\nkey = \"/a.key\"\n"
      "[[router.certificates]]\nchain = \"/b.pem\"\nkey = \"/b.key\"\n",
      "davit.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->router.https_listen, std::vector<std::string>{"0.0.0.0:443"});
  ASSERT_EQ(config->router.certificates.size(), 2u);
  EXPECT_EQ(config->router.certificates[1].chain, "/b.pem");
  EXPECT_EQ(config->router.certificates[1].key, "/b.key");
  for (const char* bad : {"[router]\ncertificates = 3", "[[router.certificates]]\nchain = \"a\"",
                          "[[router.certificates]]\nchain = \"a\"\nkey = \"b\"\nnames = \"c\""}) {
    EXPECT_NE(refusal(bad), "") << bad;
  }
}

TEST(ConfigFile, WrongTypesAndRangesAreRefused) {
  for (const char* bad :
       {"domain = 3", "listen = \"x\"", "listen = []", "[sizes.a]\nmemory = 512",
        "[sizes.a]\nmemory = \"1KB\"", "[sizes.a]\ncpu_weight = 0", "[sizes.a]\ncpu_max = \"200\"",
        "[sizes.a]\nprocesses = 1", "[dynos]\nboot_timeout = \"0s\"", "[dynos]\ncycle = 1",
        "[build.env]\nA = 1", "[build.env]\nPATH = \"/x\"", "[build.env]\n\"A-B\" = \"c\"",
        "[build]\nat_once = 0", "[build]\nmemory = \"1MB\"", "[build]\ntime = \"25h\"", "[dynos",
        "= 1"}) {
    EXPECT_NE(refusal(bad), "") << bad;
  }
}

TEST(ConfigFile, SourcesOfRuntimesAreAddressesOrOff) {
  const auto config = parse_config(
      "[runtimes]\nnode = \"https://mirror.example/node/\"\nnpm = \"off\"\n"
      "distribution = false\ndisk = \"4GB\"\n",
      "davit.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->runtimes.node, "https://mirror.example/node");
  EXPECT_EQ(config->runtimes.npm, "off");
  EXPECT_EQ(config->runtimes.python, std::nullopt);
  EXPECT_FALSE(config->runtimes.distribution);
  EXPECT_EQ(config->runtimes.disk_bytes, 4ull << 30);
  EXPECT_FALSE(parse_config("[runtimes]\nnode = \"mirror\"\n", "davit.toml"));
  EXPECT_FALSE(parse_config("[runtimes]\nruby = \"off\"\n", "davit.toml"));
}

}  // namespace
}  // namespace davit::config
