#include "server/network/rule.hpp"

#include <gtest/gtest.h>

namespace davit::network {
namespace {

TEST(Prefix, IsParsedAndWrittenCanonically) {
  EXPECT_EQ(Prefix::parse("10.0.0.0/8")->text(), "10.0.0.0/8");
  EXPECT_EQ(Prefix::parse("10.1.2.3")->text(), "10.1.2.3");
  EXPECT_EQ(Prefix::parse("10.1.2.3/32")->text(), "10.1.2.3");
  EXPECT_EQ(Prefix::parse("FD00:0:0::/8")->text(), "fd00::/8");
  EXPECT_EQ(Prefix::parse("::1")->text(), "::1");
  EXPECT_EQ(Prefix::parse("0.0.0.0/0")->text(), "0.0.0.0/0");
}

TEST(Prefix, WhatIsNoneIsRefused) {
  for (const char* bad :
       {"", "x", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.1.0.0/8",
        "fd00::1/64", "fd00::/129", "fe80::1%eth0", "1.2.3.4 ", "10.0.0.0/8; flush ruleset"}) {
    EXPECT_FALSE(Prefix::parse(bad)) << bad;
  }
}

TEST(Prefix, KnowsLoopbackAndLinkLocal) {
  EXPECT_TRUE(Prefix::parse("127.0.0.53")->loopback());
  EXPECT_TRUE(Prefix::parse("::1")->loopback());
  EXPECT_FALSE(Prefix::parse("::2")->loopback());
  EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->loopback());
  EXPECT_TRUE(Prefix::parse("fe80::1")->link_local());
  EXPECT_TRUE(Prefix::parse("febf::1")->link_local());
  EXPECT_FALSE(Prefix::parse("fec0::1")->link_local());
}

TEST(Prefix, IsShownBehindNat64) {
  EXPECT_EQ(Prefix::parse("10.0.0.0/8")->behind_nat64().text(), "64:ff9b::a00:0/104");
  EXPECT_EQ(Prefix::parse("169.254.169.254")->behind_nat64().text(), "64:ff9b::a9fe:a9fe");
}

TEST(Rule, IsParsed) {
  const auto whole = Rule::parse("10.1.0.0/16");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->to, *Prefix::parse("10.1.0.0/16"));
  EXPECT_FALSE(whole->ports);
  EXPECT_EQ(Rule::parse("10.1.2.3:5432")->ports, (PortRange{5432, 5432}));
  const auto range = Rule::parse("10.1.0.0/16:8000-8100/tcp");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->ports, (PortRange{8000, 8100}));
  EXPECT_EQ(range->protocol, Protocol::tcp);
  const auto v6 = Rule::parse("[fd00::/8]:53/udp");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->to->text(), "fd00::/8");
  EXPECT_EQ(v6->protocol, Protocol::udp);
  EXPECT_EQ(Rule::parse("fd00::/8")->to->text(), "fd00::/8");
  EXPECT_EQ(Rule::parse("[fd00::1]")->to->text(), "fd00::1");
  const auto mail = Rule::parse("*:25");
  ASSERT_TRUE(mail);
  EXPECT_FALSE(mail->to);
  EXPECT_EQ(mail->ports, (PortRange{25, 25}));
}

TEST(Rule, WhatIsNoneIsRefusedByItsText) {
  for (const char* bad : {"", "*:", "*:0", "*:70000", "10.0.0.1:80-", "10.0.0.1:90-80",
                          "fd00::/8]:1", "[fd00::/8", "[fd00::/8]1", "host:80", "10.0.0.1:80/icmp",
                          "10.0.0.1:8 0", "10.0.0.1:80; drop", "10.0.0.1}"}) {
    const auto rule = Rule::parse(bad);
    ASSERT_FALSE(rule) << bad;
    EXPECT_NE(rule.error().message.find(std::string("'") + bad), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace davit::network
