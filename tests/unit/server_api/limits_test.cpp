#include "server/api/account/rate_limiter.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiter, RefillsEvenlyAndKeysAreApart) {
  FakeClock clock;
  api::RateLimiter limiter(clock, 3600);
  for (int i = 0; i < 3600; ++i) ASSERT_TRUE(limiter.take("a"));
  EXPECT_EQ(limiter.take("a").error().code, Errc::limit_exceeded);
  EXPECT_TRUE(limiter.take("b"));
  clock.advance(2s);
  EXPECT_TRUE(limiter.take("a"));
  EXPECT_TRUE(limiter.take("a"));
  EXPECT_FALSE(limiter.take("a"));
}

TEST(RateLimiter, MemoryIsBounded) {
  FakeClock clock;
  api::RateLimiter limiter(clock, 10);
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(limiter.take(std::to_string(i)));
  EXPECT_LE(limiter.keys(), api::limits::rate_limited_keys_max);
}

class FewRequests : public ApiTest {
 protected:
  static api::Options options() {
    api::Options few;
    few.requests_per_hour = 3;
    return few;
  }
  FewRequests() : ApiTest(options()) {}
};

TEST_F(FewRequests, OverTheRateIs429AndSaysWhen) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/account").status, 200);
  const auto answer = get("/account");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.json["id"], "rate_limit");
  EXPECT_EQ(ask({"GET", "/account", "", {}, other_}).status, 200);
  clock_.advance(1h);
  EXPECT_EQ(get("/account/rate-limits").json["remaining"], 2);
}

}  // namespace
}  // namespace davit::test
