#include "server/network/resolvers.hpp"

#include <gmock/gmock.h>

namespace davit::network {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> texts(const std::vector<Prefix>& addresses) {
  std::vector<std::string> out;
  for (const auto& address : addresses) out.push_back(address.text());
  return out;
}

TEST(ResolvConf, IsReadAsTheCLibraryReadsIt) {
  const auto conf = parse_resolv_conf(
      "# a comment\n; another\nnameserver 192.0.2.1\n nameserver\t 2001:db8::53 \r\n"
      "nameserver fe80::1%eth0\nnameserver\nnameservers 1.2.3.4\nsearch a.example b.example\n"
      "options edns0 trust-ad\nsortlist 10.0.0.0\nnameserver 192.0.2.2\nnameserver 192.0.2.3");
  EXPECT_EQ(texts(conf.nameservers),
            (std::vector<std::string>{"192.0.2.1", "2001:db8::53", "192.0.2.2"}));
  EXPECT_EQ(conf.other_lines,
            (std::vector<std::string>{"search a.example b.example", "options edns0 trust-ad"}));
}

TEST(ResolvConf, GarbageIsNone) {
  EXPECT_THAT(parse_resolv_conf("\n\n\t\nnameserver x\n\0\xff").nameservers, IsEmpty());
  EXPECT_THAT(parse_resolv_conf("").nameservers, IsEmpty());
}

TEST(Resolvers, AreTheHosts) {
  const auto resolvers =
      choose_resolvers({"search example.com\nnameserver 192.0.2.1\noptions ndots:2\n", "", {}});
  EXPECT_EQ(texts(resolvers.addresses), std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(resolvers.resolv_conf, "nameserver 192.0.2.1\nsearch example.com\noptions ndots:2\n");
  EXPECT_THAT(resolvers.problem, IsEmpty());
}

TEST(Resolvers, BehindAStubAreTheOnesThatItAsks) {
  const auto resolvers = choose_resolvers({"nameserver 127.0.0.53\noptions edns0\nsearch lan\n",
                                           "nameserver 192.168.1.1\nnameserver fe80::1%2\n",
                                           {}});
  EXPECT_EQ(texts(resolvers.addresses), std::vector<std::string>{"192.168.1.1"});
  EXPECT_THAT(resolvers.resolv_conf, HasSubstr("nameserver 192.168.1.1\n"));
  EXPECT_THAT(resolvers.resolv_conf, HasSubstr("search lan\n"));
}

TEST(Resolvers, OfTheAdminComeFirst) {
  const auto resolvers =
      choose_resolvers({"nameserver 192.0.2.1\n", "", {*Prefix::parse("192.0.2.53")}});
  EXPECT_EQ(texts(resolvers.addresses), std::vector<std::string>{"192.0.2.53"});
}

TEST(Resolvers, OnTheLoopbackAloneAreAProblemWithAWayOut) {
  for (const char* host : {"nameserver 127.0.0.1\n", "nameserver ::1\n", ""}) {
    const auto resolvers = choose_resolvers({host, "", {}});
    EXPECT_THAT(resolvers.addresses, IsEmpty());
    EXPECT_THAT(resolvers.resolv_conf, IsEmpty());
    EXPECT_THAT(resolvers.problem, HasSubstr("[network]"));
  }
}

}  // namespace
}  // namespace davit::network
