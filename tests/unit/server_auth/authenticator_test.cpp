#include "server/auth/authenticator.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/encoding.hpp"
#include "server/auth/bootstrap.hpp"
#include "server/auth/limits.hpp"
#include "server/auth/secrets.hpp"
#include "store/database.hpp"
#include "store/vault.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::auth {
namespace {

using namespace std::chrono_literals;

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest()
      : vault_(store::Vault::open(dir_.str("key")).value()),
        database_(store::Database::open(dir_.str("davit.db"), *vault_).value()),
        stores_(*database_),
        admin_(ensure_admin(stores_, "example.org", clock_, random_).value().value()),
        thread_(stores_),
        workers_(1),
        authenticator_(io_.get_executor(), thread_, workers_, clock_, random_) {}
  ~AuthenticatorTest() override { workers_.join(); }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> value;
    auto done = [&](std::exception_ptr failure, T result) {
      EXPECT_FALSE(failure);
      value.emplace(std::move(result));
    };
    asio::co_spawn(io_, std::move(task), done);
    io_.restart();
    io_.run();
    return std::move(*value);
  }
  Result<Caller> with_token(const std::string& token) {
    return run(authenticator_.authenticate("Bearer " + token));
  }
  Result<Caller> login(const std::string& email, const std::string& password) {
    return run(authenticator_.authenticate_login("Basic " + base64_encode(email + ":" + password)));
  }

  test::TempDir dir_;
  test::FakeClock clock_;
  test::SeededRandom random_{11};
  std::unique_ptr<store::Vault> vault_;
  std::unique_ptr<store::Database> database_;
  store::Stores stores_;
  AdminSecrets admin_;
  StoreThread thread_;
  asio::io_context io_;
  asio::thread_pool workers_;
  Authenticator authenticator_;
};

TEST_F(AuthenticatorTest, TheFirstAdminIsMadeOnceAndMayLogIn) {
  EXPECT_EQ(admin_.email, "admin@example.org");
  EXPECT_FALSE(ensure_admin(stores_, "example.org", clock_, random_)->has_value());
  const auto caller = login("Admin@Example.org", admin_.password);
  ASSERT_TRUE(caller);
  EXPECT_TRUE(caller->principal.admin);
  EXPECT_TRUE(caller->token.empty());
  EXPECT_TRUE(with_token(admin_.api_key));
}

TEST_F(AuthenticatorTest, ATokenWorksAsBearerAndAsBasicPasswordOfAnybody) {
  for (const char* user : {"", "heroku", "me@x.org"}) {
    EXPECT_TRUE(run(authenticator_.authenticate(
        "Basic " + base64_encode(std::string(user) + ":" + admin_.api_key))));
  }
}

TEST_F(AuthenticatorTest, APasswordIsNoTokenExceptForLoggingIn) {
  const auto refused = run(
      authenticator_.authenticate("Basic " + base64_encode(admin_.email + ":" + admin_.password)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
}

TEST_F(AuthenticatorTest, WrongAndUnknownLoginsAreToldTheSame) {
  const auto wrong = login(admin_.email, "not the password");
  const auto unknown = login("nobody@example.org", "not the password");
  ASSERT_FALSE(wrong);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(wrong.error().code, Errc::unauthorized);
  EXPECT_EQ(wrong.error().message, unknown.error().message);
}

TEST_F(AuthenticatorTest, GuessingAPasswordIsStoppedWhileTokensGoOn) {
  for (std::size_t i = 0; i < limits::account_failures_max; ++i) {
    EXPECT_EQ(login(admin_.email, "guess").error().code, Errc::unauthorized);
  }
  EXPECT_EQ(login(admin_.email, admin_.password).error().code, Errc::limit_exceeded);
  EXPECT_TRUE(with_token(admin_.api_key));
}

TEST_F(AuthenticatorTest, ARevokedTokenStopsAtOnceAlsoWhenItWasCached) {
  const auto caller = with_token(admin_.api_key);
  ASSERT_TRUE(caller);
  const auto issued = run(authenticator_.issue_token(caller->principal.user, "second", {}));
  ASSERT_TRUE(issued);
  EXPECT_TRUE(with_token(issued->token));
  ASSERT_TRUE(run(authenticator_.revoke_token(caller->principal.user, issued->record.id)));
  EXPECT_FALSE(with_token(issued->token));
  EXPECT_TRUE(with_token(admin_.api_key));
}

TEST_F(AuthenticatorTest, TokensExpireAndAreForgotten) {
  const auto user = with_token(admin_.api_key)->principal.user;
  const auto issued = run(authenticator_.issue_token(user, "short", 60s));
  ASSERT_TRUE(issued);
  EXPECT_TRUE(with_token(issued->token));
  clock_.advance(61s);
  EXPECT_FALSE(with_token(issued->token)) << "also from the cache";
  EXPECT_FALSE(with_token(issued->token)) << "and from the store";
  ASSERT_TRUE(run(authenticator_.issue_token(user, "next", {})));
  EXPECT_EQ(stores_.users.list_tokens(user).size(), 2u) << "the expired row is gone";
}

TEST_F(AuthenticatorTest, AnotherUsersTokenCannotBeRevoked) {
  auto added = run(authenticator_.add_user({"dev@example.org", std::nullopt, false}));
  ASSERT_TRUE(added);
  const auto admin = with_token(admin_.api_key);
  const auto refused = run(authenticator_.revoke_token(added->record.id, admin->token));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_found);
  EXPECT_TRUE(with_token(admin_.api_key));
}

TEST_F(AuthenticatorTest, ARemovedUserIsLockedOut) {
  auto added = run(authenticator_.add_user({"dev@example.org", std::nullopt, false}));
  ASSERT_TRUE(added);
  EXPECT_FALSE(with_token(added->token.token)->principal.admin);
  ASSERT_TRUE(run(authenticator_.remove_user(added->record.id)));
  EXPECT_FALSE(with_token(added->token.token));
  EXPECT_FALSE(login("dev@example.org", added->password));
}

TEST_F(AuthenticatorTest, ANewPasswordEndsEveryToken) {
  auto added = run(authenticator_.add_user({"dev@example.org", std::nullopt, false}));
  ASSERT_TRUE(added);
  EXPECT_FALSE(run(authenticator_.set_password(added->record.id, "short")));
  ASSERT_TRUE(run(authenticator_.set_password(added->record.id, "a better password")));
  EXPECT_FALSE(with_token(added->token.token));
  EXPECT_TRUE(login("dev@example.org", "a better password"));
}

TEST_F(AuthenticatorTest, OnlyHashesAreStored) {
  for (const auto& token : stores_.users.list_tokens(stores_.users.list().front().id)) {
    EXPECT_EQ(token.hash, token_hash(admin_.api_key));
    EXPECT_EQ(token.hash.find(admin_.api_key), std::string::npos);
  }
}

}  // namespace
}  // namespace davit::auth
