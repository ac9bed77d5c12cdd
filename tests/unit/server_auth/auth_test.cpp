#include <gtest/gtest.h>

#include <set>

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "server/auth/credentials.hpp"
#include "server/auth/failure_limiter.hpp"
#include "server/auth/limits.hpp"
#include "server/auth/secrets.hpp"
#include "tests/support/fakes.hpp"

namespace davit::auth {
namespace {

using namespace std::chrono_literals;

TEST(Secrets, TokensAreLongUrlSafeAndDifferent) {
  test::SeededRandom random(7);
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string token = make_token(random);
    EXPECT_TRUE(looks_like_token(token)) << token;
    EXPECT_TRUE(seen.insert(token).second);
  }
  EXPECT_FALSE(looks_like_token("DVT-short"));
  EXPECT_FALSE(looks_like_token(std::string("DVT-") + std::string(43, '/')));
}

TEST(Secrets, TheHashIsOfFixedFormAndTellsTokensApart) {
  EXPECT_EQ(token_hash("a").size(), 64u);
  EXPECT_NE(token_hash("a"), token_hash("b"));
  EXPECT_EQ(token_hash("a"), token_hash("a"));
}

TEST(Secrets, KeyedHashesNeedTheKey) {
  const std::string key(32, 'k'), other(32, 'o');
  EXPECT_TRUE(same_secret(keyed_hash(key, "x"), keyed_hash(key, "x")));
  EXPECT_FALSE(same_secret(keyed_hash(key, "x"), keyed_hash(other, "x")));
  EXPECT_FALSE(same_secret("short", "longer"));
}

TEST(Secrets, DerivedIdsAreUuidsAndStable) {
  EXPECT_TRUE(check_uuid(derived_uuid("formation/x/web")));
  EXPECT_EQ(derived_uuid("a"), derived_uuid("a"));
  EXPECT_NE(derived_uuid("a"), derived_uuid("b"));
}

TEST(Secrets, PasswordsVerifyAgainstTheirOwnHashOnly) {
  const std::string hash = hash_password("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "wrong horse"));
  EXPECT_FALSE(verify_password("not a hash", "correct horse"));
}

TEST(Authorization, BearerAndBasicAreUnderstoodInAnyCase) {
  EXPECT_EQ(parse_authorization("Bearer abc")->secret, "abc");
  EXPECT_EQ(parse_authorization("bearer   abc ")->secret, "abc");
  const auto basic = parse_authorization("Basic " + base64_encode("me@x.org:se:cret"));
  ASSERT_TRUE(basic);
  EXPECT_EQ(basic->user, "me@x.org");
  EXPECT_EQ(basic->secret, "se:cret");
  EXPECT_EQ(parse_authorization("Basic " + base64_encode(":tok"))->secret, "tok");
}

TEST(Authorization, AnythingElseIsUnauthorizedAndNotQuoted) {
  for (const std::string& header :
       {std::string(), std::string("Bearer"), std::string("Basic !!!"), std::string("Digest x"),
        "Basic " + base64_encode("no colon"), std::string("Bearer") + std::string(9000, 'x')}) {
    const auto result = parse_authorization(header);
    ASSERT_FALSE(result) << header.substr(0, 40);
    EXPECT_EQ(result.error().code, Errc::unauthorized);
    EXPECT_LT(result.error().message.size(), 200u);
  }
}

TEST(Email, IsLowerCasedAndChecked) {
  EXPECT_EQ(*normal_email(" Me@Example.ORG "), "me@example.org");
  for (const char* bad : {"", "me", "@x", "me@", "a@b@c", "a b@c", "a\n@c"}) {
    EXPECT_FALSE(normal_email(bad)) << bad;
  }
}

TEST(FailureLimiter, HoldsOneAccountAfterItsTriesAndFreesItLater) {
  test::FakeClock clock;
  FailureLimiter limiter(clock);
  for (std::size_t i = 0; i < limits::account_failures_max; ++i) {
    EXPECT_TRUE(limiter.attempt("a@x.org"));
  }
  const auto held = limiter.attempt("a@x.org");
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, Errc::limit_exceeded);
  EXPECT_TRUE(limiter.attempt("b@x.org")) << "another account is not held";
  clock.advance(16min);
  EXPECT_TRUE(limiter.attempt("a@x.org"));
}

TEST(FailureLimiter, SuccessForgetsTheFailures) {
  test::FakeClock clock;
  FailureLimiter limiter(clock);
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(limiter.attempt("a@x.org"));
    limiter.success("a@x.org");
  }
}

TEST(FailureLimiter, SprayingOverManyAccountsIsHeldForAll) {
  test::FakeClock clock;
  FailureLimiter limiter(clock);
  std::size_t allowed = 0;
  for (int i = 0; i < 500; ++i) {
    if (limiter.attempt(fmt::format("u{}@x.org", i))) ++allowed;
  }
  EXPECT_EQ(allowed, limits::global_failures_max);
  clock.advance(2min);
  EXPECT_TRUE(limiter.attempt("later@x.org"));
}

TEST(FailureLimiter, RemembersABoundedNumberOfAccounts) {
  test::FakeClock clock;
  FailureLimiter limiter(clock);
  for (std::size_t i = 0; i < limits::accounts_remembered_max + 50; ++i) {
    ASSERT_TRUE(limiter.attempt(fmt::format("u{}@x.org", i)));
    clock.advance(700ms);  // below the global rate
  }
  EXPECT_LE(limiter.accounts(), limits::accounts_remembered_max);
}

}  // namespace
}  // namespace davit::auth
