#include "server/network/plan.hpp"

#include <gmock/gmock.h>

#include "server/network/doctor.hpp"
#include "server/network/host.hpp"

namespace davit::network {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Facts server() {
  Facts facts;
  facts.level = dyno::Level::a;
  facts.abilities.isolated.works = true;
  facts.abilities.veth.works = true;
  return facts;
}

Facts laptop() {
  Facts facts;
  facts.level = dyno::Level::b;
  facts.abilities.isolated.works = true;
  facts.abilities.pasta = {true, "", "/usr/bin/pasta"};
  facts.abilities.filter = {true, "", "/usr/sbin/nft"};
  return facts;
}

TEST(NetworkPlan, AServerHasVethAndTheHostsFilter) {
  const auto plan = make_plan({}, server());
  EXPECT_TRUE(plan.dynos_isolated && plan.builds_isolated && plan.filtered);
  EXPECT_EQ(plan.uplink, Uplink::veth);
  EXPECT_THAT(plan.missing, IsEmpty());
}

TEST(NetworkPlan, ALaptopHasPastaAndAFilterInside) {
  const auto plan = make_plan({}, laptop());
  EXPECT_TRUE(plan.dynos_isolated && plan.builds_isolated && plan.filtered);
  EXPECT_EQ(plan.uplink, Uplink::pasta);
  EXPECT_THAT(plan.missing, IsEmpty());
}

TEST(NetworkPlan, WithoutAFilterPastaStillIsolatesAndThePlanSaysWhatIsLost) {
  auto facts = laptop();
  facts.abilities.filter = {false, "nft is not installed", ""};
  const auto plan = make_plan({}, facts);
  EXPECT_TRUE(plan.dynos_isolated);
  EXPECT_FALSE(plan.filtered);
  ASSERT_THAT(plan.missing, SizeIs(1));
  EXPECT_THAT(plan.missing[0].what, HasSubstr("nft is not installed"));
  EXPECT_THAT(plan.missing[0].fix, HasSubstr("nftables"));
}

TEST(NetworkPlan, WithoutAWayOutEverybodySharesTheHostsNetwork) {
  std::vector<Facts> cases(6, server());
  cases[0].abilities.isolated = {false, "clone: Operation not permitted", ""};
  cases[1].abilities.veth = {false, "make the device: Operation not supported", ""};
  cases[2].firewall_problem = "nft is not installed";
  cases[3].forwarding_problem = "write ip_forward: Read-only file system";
  cases[4].resolver_problem = "the name server listens on the loopback address alone";
  cases[5].nat = Nat::broken;
  cases.push_back(laptop());
  cases.back().abilities.pasta = {false, "pasta is not installed", ""};
  for (const auto& facts : cases) {
    const auto plan = make_plan({}, facts);
    EXPECT_FALSE(plan.dynos_isolated || plan.builds_isolated);
    ASSERT_THAT(plan.missing, SizeIs(1));
    EXPECT_THAT(plan.missing[0].what, HasSubstr("share the host's network"));
    EXPECT_FALSE(plan.missing[0].fix.empty());
  }
}

TEST(NetworkPlan, WithoutEgressDynosAreAloneAndBuildsUseTheHosts) {
  Settings settings;
  settings.egress = Egress::none;
  auto facts = server();
  facts.firewall_problem = "nft is not installed";  // nobody needs it
  const auto plan = make_plan(settings, facts);
  EXPECT_TRUE(plan.dynos_isolated);
  EXPECT_FALSE(plan.builds_isolated);
  EXPECT_EQ(plan.uplink, Uplink::none);
  EXPECT_THAT(plan.missing, IsEmpty());
}

TEST(NetworkPlan, BuildsShareTheHostsWhereTheAdminWantsIt) {
  Settings settings;
  settings.builds = BuildNetwork::shared;
  const auto plan = make_plan(settings, server());
  EXPECT_TRUE(plan.dynos_isolated);
  EXPECT_FALSE(plan.builds_isolated);
}

TEST(NetworkPlan, AHostThatIsOfflineItselfProvesNothing) {
  auto facts = server();
  facts.nat = Nat::unknown;
  EXPECT_TRUE(make_plan({}, facts).dynos_isolated);
}

Examination examination() {
  Examination all;
  all.targets = {{"host-loopback", "no loopback", "127.0.0.1", 4000, true},
                 {"metadata", "no metadata", "169.254.169.254", 80, false}};
  all.hidden_path = "/data/it's/api.sock";
  all.resolvers = {*Prefix::parse("192.0.2.53")};
  return all;
}

TEST(Doctor, TheScriptTriesEverything) {
  const auto script = script_of(examination());
  EXPECT_THAT(script, HasSubstr("try metadata '169.254.169.254' 80\n"));
  EXPECT_THAT(script, HasSubstr("[ -e '/data/it'\\''s/api.sock' ]"));
  EXPECT_THAT(script, HasSubstr("/dev/udp/192.0.2.53/53"));
}

TEST(Doctor, RefusalsOfOthersAreAnswersAndOnesOwnAreNot) {
  const auto checks = judge(examination(),
                            "host-loopback Connection refused\nmetadata Connection refused\n"
                            "api-socket hidden\nresolver answered\n");
  ASSERT_THAT(checks, SizeIs(4));
  EXPECT_TRUE(checks[0].ok);
  EXPECT_FALSE(checks[1].ok);
  EXPECT_FALSE(checks[1].fix.empty());
  EXPECT_TRUE(checks[2].ok);
  EXPECT_TRUE(checks[3].ok);
  EXPECT_TRUE(checks[3].fix.empty());
}

TEST(Doctor, WhatIsNotToldIsNotProved) {
  for (const auto& check : judge(examination(), "garbage\n\nhost-loopback connected\n")) {
    EXPECT_FALSE(check.ok) << check.check;
    EXPECT_FALSE(check.fix.empty()) << check.check;
  }
}

TEST(Doctor, ThePlansShortcomingsAreChecksThatFailed) {
  auto facts = server();
  facts.firewall_problem = "nft is not installed";
  const auto bad = judge(make_plan({}, facts));
  ASSERT_THAT(bad, SizeIs(1));
  EXPECT_FALSE(bad[0].ok);
  const auto good = judge(make_plan({}, server()));
  ASSERT_THAT(good, SizeIs(1));
  EXPECT_TRUE(good[0].ok);
}

TEST(Host, TheDefaultRouteWithTheLowestMetricNamesTheDevice) {
  const std::string table =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "wlan0\t00000000\t010200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
      "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
      "eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
  EXPECT_EQ(default_device(table), "eth0");
  EXPECT_FALSE(default_device("Iface\n"));
  EXPECT_FALSE(default_device(""));
}

}  // namespace
}  // namespace davit::network
