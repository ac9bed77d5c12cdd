#include "server/network/firewall.hpp"

#include <gmock/gmock.h>

#include <set>

namespace davit::network {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(AddressRange, KeepsToItsPart) {
  const AddressRange first(0);
  EXPECT_EQ(first.subnet(), "198.18.0.0/20");
  EXPECT_EQ(first.gateway(), "198.18.0.1");
  EXPECT_EQ(first.address(2), "198.18.0.2");
  EXPECT_EQ(first.address(4094), "198.18.15.254");
  EXPECT_EQ(first.device(2), "dv00-002");
  EXPECT_EQ(first.table(), "davit_00");
  const AddressRange last(30);
  EXPECT_EQ(last.subnet(), "198.19.224.0/20");
  EXPECT_EQ(last.device(4094), "dv1e-ffe");
  EXPECT_EQ(last.address6(0x2a), "fdda:7173:1e::2a");
  EXPECT_LE(last.device(4094).size(), 15u);
}

const std::string nft_output =
    R"({"nftables": [{"metainfo": {"version": "1.0.6"}},)"
    R"({"chain": {"family": "inet", "table": "davit_03", "name": "owner_abc", "handle": 1}},)"
    R"({"chain": {"family": "ip", "table": "davit_05", "name": "owner_abc"}},)"
    R"({"chain": {"family": "inet", "table": "firewalld", "name": "filter_INPUT"}}]})";

TEST(Nft, ChainsAreRead) {
  const auto chains = parse_chains(nft_output);
  ASSERT_TRUE(chains) << chains.error().message;
  EXPECT_EQ(*chains,
            (std::vector<Chain>{{"davit_03", "owner_abc"}, {"firewalld", "filter_INPUT"}}));
  EXPECT_TRUE(parse_chains(R"({"nftables": []})")->empty());
}

TEST(Nft, AnythingElseIsCorrupt) {
  for (const char* text : {"", "x", "[]", "{}", R"({"nftables": 1})"}) {
    EXPECT_FALSE(parse_chains(text)) << text;
  }
  EXPECT_TRUE(parse_chains(R"({"nftables": [1, {"chain": 2}, {"chain": {"name": 3}}]})"));
}

TEST(RangeChoice, OursIsTakenAgain) {
  const auto chains = *parse_chains(nft_output);
  const auto choice = choose_range(chains, "abc", {});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->number, 3u);
  EXPECT_TRUE(choice->ours);
}

TEST(RangeChoice, TheSameOwnerGetsTheSameFreeRange) {
  const auto choice = choose_range({}, "0123456789abcdef", {});
  const auto again = choose_range({}, "0123456789abcdef", {});
  ASSERT_TRUE(choice && again);
  EXPECT_EQ(choice->number, again->number);
  EXPECT_FALSE(choice->ours);
}

TEST(RangeChoice, NobodyGetsAnothersUntilAllAreTaken) {
  std::vector<Chain> chains;
  std::set<std::uint32_t> numbers;
  for (std::uint32_t davitd = 0; davitd < AddressRange::count; ++davitd) {
    const std::string owner = "owner" + std::to_string(davitd);
    const auto choice = choose_range(chains, owner, {});
    ASSERT_TRUE(choice);
    EXPECT_TRUE(numbers.insert(choice->number).second);
    chains.push_back({AddressRange(choice->number).table(), owner_chain(owner)});
  }
  EXPECT_FALSE(choose_range(chains, "one too many", {}));
}

TEST(RangeChoice, WhatWasTriedInVainIsSkipped) {
  const auto first = choose_range({}, "abc", {});
  const auto second = choose_range({}, "abc", {first->number});
  ASSERT_TRUE(second);
  EXPECT_NE(second->number, first->number);
}

Policy policy() {
  Policy policy;
  policy.resolvers = {*Prefix::parse("10.255.255.53"), *Prefix::parse("2001:db8::53")};
  policy.allow = {*Rule::parse("10.1.0.0/16:5432"), *Rule::parse("fd00:1::/32")};
  policy.deny = {*Rule::parse("*:25/tcp")};
  policy.public_ports = {80, 443};
  return policy;
}

std::size_t at(const std::string& text, const std::string& part) {
  const auto found = text.find(part);
  EXPECT_NE(found, std::string::npos) << part;
  return found;
}

TEST(HostRuleset, ReplacesOrClaimsInOneStep) {
  const HostTable table{AddressRange(7), "abc", false};
  EXPECT_THAT(host_ruleset(policy(), table, Apply::replace),
              testing::StartsWith("add table inet davit_07\ndelete table inet davit_07\n"));
  EXPECT_THAT(host_ruleset(policy(), table, Apply::claim),
              testing::StartsWith("create table inet davit_07\n"));
  EXPECT_THAT(host_ruleset(policy(), table, Apply::claim), HasSubstr("chain owner_abc {"));
}

TEST(HostRuleset, WeighsDynosThenResolversThenDenyThenAllowThenWhatIsDenied) {
  const auto text = host_ruleset(policy(), {AddressRange(7), "abc", false}, Apply::claim);
  const auto from_dyno = text.substr(at(text, "chain from_dyno"));
  const auto resolver =
      at(from_dyno, "ip daddr 10.255.255.53 meta l4proto { tcp, udp } th dport 53");
  const auto deny = at(from_dyno, "meta l4proto tcp th dport 25-25 reject");
  const auto allow =
      at(from_dyno, "ip daddr 10.1.0.0/16 meta l4proto { tcp, udp } th dport 5432-5432");
  const auto others = at(from_dyno, "oifname \"dv*\" reject");
  const auto denied = at(from_dyno, "10.0.0.0/8");
  EXPECT_LT(others, resolver);
  EXPECT_LT(resolver, deny);
  EXPECT_LT(deny, allow);
  EXPECT_LT(allow, denied);
  EXPECT_THAT(from_dyno, HasSubstr("169.254.0.0/16"));
  EXPECT_THAT(from_dyno, HasSubstr("64:ff9b::a9fe:0/112"));
  EXPECT_THAT(from_dyno, HasSubstr("tcp dport { 80, 443 } accept"));
}

TEST(HostRuleset, WithoutIpv6NothingOfItPasses) {
  const auto without = host_ruleset(policy(), {AddressRange(7), "abc", false}, Apply::claim);
  EXPECT_THAT(without, HasSubstr("meta nfproto ipv6 drop"));
  EXPECT_THAT(without, Not(HasSubstr("ip6 saddr")));
  const auto with = host_ruleset(policy(), {AddressRange(7), "abc", true}, Apply::claim);
  EXPECT_THAT(with, HasSubstr("ip6 saddr fdda:7173:7::/64 oifname != \"dv*\" masquerade"));
  EXPECT_THAT(with, Not(HasSubstr("meta nfproto ipv6 drop")));
}

TEST(DynoRuleset, DeniesTheHostsOwnAddressesButTheRoutersPorts) {
  const auto text = dyno_ruleset(policy(), {*Prefix::parse("192.0.2.2")});
  EXPECT_LT(at(text, "ip daddr 192.0.2.2 tcp dport { 80, 443 } accept"),
            at(text, "ip daddr 192.0.2.2 reject"));
  EXPECT_THAT(text, HasSubstr("oifname \"lo\" accept"));
}

}  // namespace
}  // namespace davit::network
