#include "router/options.hpp"

#include <gtest/gtest.h>

namespace davit::router {
namespace {

using namespace std::chrono_literals;

Result<std::optional<RouterOptions>> parse(std::vector<const char*> extra) {
  std::vector<const char*> words{"davit-router", "--listen", "127.0.0.1:0", "--control", "c",
                                 "--table",      "t"};
  words.insert(words.end(), extra.begin(), extra.end());
  return parse_options(static_cast<int>(words.size()), words.data());
}

TEST(RouterOptions, TimesAreTheContractsUnlessAnAdminSaysOtherwise) {
  const auto plain = parse({});
  ASSERT_TRUE(plain && *plain);
  EXPECT_EQ((*plain)->times.first_byte, 30s);
  EXPECT_EQ((*plain)->times.stream_idle, 55s);
  const auto tuned = parse({"--first-byte-timeout", "200ms", "--parking-timeout=2m"});
  ASSERT_TRUE(tuned && *tuned);
  EXPECT_EQ((*tuned)->times.first_byte, 200ms);
  EXPECT_EQ((*tuned)->times.parking, 120s);
  EXPECT_EQ((*tuned)->times.stream_idle, 55s);
}

TEST(RouterOptions, EachFlagSetsATimeOfItsOwn) {
  TimeLimits all;
  for (const TimeFlag& flag : time_flags()) {
    const auto options = parse({flag.name, "1234ms"});
    ASSERT_TRUE(options && *options) << flag.name;
    EXPECT_EQ((*options)->times.*flag.limit, 1234ms) << flag.name;
    all.*flag.limit = 1234ms;
  }
  // None is without a flag.
  for (const auto time :
       {all.head, all.keep_alive, all.connect, all.first_byte, all.stream_idle, all.parking,
        all.quarantine, all.upstream_idle, all.control_idle, all.shutdown}) {
    EXPECT_EQ(time, 1234ms);
  }
}

TEST(RouterOptions, OnlySlowHeadsAreLimitedUnlessAnAdminSaysMore) {
  const auto plain = parse({});
  ASSERT_TRUE(plain && *plain);
  EXPECT_EQ((*plain)->clients.connections, 0u);
  EXPECT_EQ((*plain)->clients.requests_per_second, 0u);
  EXPECT_EQ((*plain)->clients.slow_heads, 100u);
  EXPECT_EQ((*plain)->capacity, (Capacity{0, 0}));
  const auto set = parse({"--connections", "5000", "--requests=700", "--connections-per-client",
                          "20", "--requests-per-client", "10", "--slow-heads-per-client", "0",
                          "--trust", "192.0.2.0/24", "--trust", "::1"});
  ASSERT_TRUE(set && *set) << set.error().message;
  EXPECT_EQ((*set)->capacity, (Capacity{5000, 700}));
  EXPECT_EQ((*set)->clients.connections, 20u);
  EXPECT_EQ((*set)->clients.burst(), 50u);
  EXPECT_EQ((*set)->clients.slow_heads, 0u);
  EXPECT_FALSE((*set)->clients.trusted.empty());
}

TEST(RouterOptions, AWrongNetworkIsRefusedWithWhatIsWrong) {
  const auto refused = parse({"--trust", "192.0.2.1/24"});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("--trust: '192.0.2.1/24' has bits beyond its prefix"),
            std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(parse({"--connections-per-client", "-1"}));
}

TEST(RouterOptions, AWrongTimeIsRefusedWithItsFlagAndWhatIsAllowed) {
  const auto refused = parse({"--head-timeout", "10ms"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "--head-timeout: '10ms' is out of range; choose between 100ms and 24h; `davit-router "
            "--help` lists the "
            "options");
  EXPECT_FALSE(parse({"--head-timeout", "30"}));
  EXPECT_FALSE(parse({"--head-timeout", "-1s"}));
  EXPECT_FALSE(parse({"--no-such-timeout", "1s"}));
}

}  // namespace
}  // namespace davit::router
