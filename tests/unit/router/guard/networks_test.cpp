#include "router/guard/networks.hpp"

#include <gtest/gtest.h>

#include "peer.hpp"
#include "router/guard/client_key.hpp"
#include "router/limits.hpp"

namespace davit::router::guard {
namespace {

TEST(ClientKey, IsAnIPv4AddressOrTheSixtyFourOfAnIPv6One) {
  EXPECT_EQ(ClientKey::of(peer("192.0.2.1")), ClientKey::of(peer("::ffff:192.0.2.1")));
  EXPECT_NE(ClientKey::of(peer("192.0.2.1")), ClientKey::of(peer("192.0.2.2")));
  EXPECT_EQ(ClientKey::of(peer("2001:db8:1:2::1")), ClientKey::of(peer("2001:db8:1:2:ffff::9")));
  EXPECT_NE(ClientKey::of(peer("2001:db8:1:2::1")), ClientKey::of(peer("2001:db8:1:3::1")));
  EXPECT_NE(ClientKey::of(peer("::1")), ClientKey::of(peer("0.0.0.0")));
}

TEST(Networks, HoldWhatTheirPrefixSays) {
  Networks networks;
  for (const char* text : {"192.0.2.0/25", "198.51.100.7", "2001:db8:8000::/33"}) {
    ASSERT_TRUE(networks.add(text)) << text;
  }
  for (const char* inside : {"192.0.2.0", "192.0.2.127", "::ffff:192.0.2.5", "198.51.100.7",
                             "2001:db8:8000::1", "2001:db8:ffff::1"}) {
    EXPECT_TRUE(networks.contains(peer(inside))) << inside;
  }
  for (const char* outside : {"192.0.2.128", "198.51.100.6", "2001:db8:7fff::1", "::1"}) {
    EXPECT_FALSE(networks.contains(peer(outside))) << outside;
  }
  EXPECT_FALSE(networks.contains(sockaddr_storage{}));
}

TEST(Networks, EverybodyIsInANetworkWithoutPrefix) {
  Networks ipv4;
  ASSERT_TRUE(ipv4.add("0.0.0.0/0"));
  EXPECT_TRUE(ipv4.contains(peer("203.0.113.9")));
  EXPECT_FALSE(ipv4.contains(peer("2001:db8::1")));
}

TEST(Networks, RefuseWhatIsNoNetworkAndTooMany) {
  Networks networks;
  for (const char* bad : {"", "192.0.2.0/33", "192.0.2.0/", "192.0.2.1/24", "2001:db8::/129",
                          "2001:db8::1/64", "example.com", "192.0.2.0/24/1", "192.0.2.0/-1"}) {
    EXPECT_FALSE(networks.add(bad)) << bad;
  }
  EXPECT_TRUE(networks.empty());
  for (std::size_t i = 0; i < limits::trusted_networks_max; ++i) ASSERT_TRUE(networks.add("::1"));
  EXPECT_FALSE(networks.add("::1"));
}

}  // namespace
}  // namespace davit::router::guard
