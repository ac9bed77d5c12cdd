#include "router/guard/guard.hpp"

#include <gtest/gtest.h>

#include "peer.hpp"
#include "tests/support/fakes.hpp"

namespace davit::router::guard {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1000s};

TEST(RequestRate, ABurstPassesAndThenOneForEachToken) {
  const RequestRate rate(10, 3);
  std::atomic<std::int64_t> account{0};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(rate.refuse(account, start));
  EXPECT_EQ(rate.refuse(account, start), 100ms);
  EXPECT_EQ(rate.refuse(account, start + 40ms), 60ms);
  EXPECT_FALSE(rate.refuse(account, start + 100ms));
  EXPECT_EQ(rate.refuse(account, start + 100ms), 100ms);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(rate.refuse(account, start + 1h));
  EXPECT_TRUE(rate.refuse(account, start + 1h));
}

ClientLimits some_limits() {
  ClientLimits limits;
  limits.connections = 2;
  limits.requests_per_second = 1;
  limits.request_burst = 1;
  return limits;
}

TEST(Guard, CountsAClientOverAllItsConnections) {
  test::SeededRandom random(1);
  Guard guard(some_limits(), 100, random);
  const auto one = guard.let_in(peer("192.0.2.1"));
  const auto two = guard.let_in(peer("192.0.2.1"));
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(guard.let_in(peer("192.0.2.1")));
  EXPECT_TRUE(guard.let_in(peer("192.0.2.2")));
  EXPECT_FALSE(guard.refuse_request(one->visitor, start));
  EXPECT_EQ(guard.refuse_request(two->visitor, start), 1s);
}

TEST(Guard, ToTrustedNetworksNoLimitApplies) {
  test::SeededRandom random(1);
  ClientLimits limits = some_limits();
  ASSERT_TRUE(limits.trusted.add("192.0.2.0/24"));
  Guard guard(limits, 100, random);
  for (int i = 0; i < 10; ++i) {
    const auto entry = guard.let_in(peer("192.0.2.1"));
    ASSERT_TRUE(entry);
    EXPECT_FALSE(guard.refuse_request(entry->visitor, start));
    EXPECT_TRUE(entry->visitor.trusted);
  }
}

TEST(Guard, CountsNothingWhereNothingIsLimited) {
  test::SeededRandom random(1);
  Guard guard(ClientLimits(), 100, random);
  for (int i = 0; i < 10; ++i) {
    const auto entry = guard.let_in(peer("2001:db8::1"));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->visitor.account, nullptr);
    EXPECT_FALSE(guard.refuse_request(entry->visitor, start));
  }
}

}  // namespace
}  // namespace davit::router::guard
