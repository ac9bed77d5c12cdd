#include "store_fixture.hpp"

namespace davit::store {
namespace {

class UserStoreTest : public StoreTest {
 protected:
  Token new_token(const std::string& hash) {
    Token token;
    token.id = TokenId::make(random_);
    token.user = user_;
    token.description = "laptop";
    token.hash = hash;
    token.created_at = now();
    return token;
  }
};

TEST_F(UserStoreTest, FindsByIdAndByEmailInAnyCase) {
  const auto by_id = stores_->users.find(user_);
  ASSERT_TRUE(by_id);
  EXPECT_EQ(by_id->email, "ada@example.com");
  EXPECT_FALSE(by_id->admin);
  EXPECT_EQ(stores_->users.find_by_email("ADA@Example.com")->id, user_);
}

TEST_F(UserStoreTest, UnknownOnesAreNotFoundByName) {
  const auto missing = stores_->users.find_by_email("bob@example.com");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_NE(missing.error().message.find("bob@example.com"), std::string::npos);
  EXPECT_EQ(stores_->users.find(UserId::make(random_)).error().code, Errc::not_found);
  EXPECT_EQ(stores_->users.set_password_hash(UserId::make(random_), "x").error().code,
            Errc::not_found);
  EXPECT_EQ(stores_->users.remove(UserId::make(random_)).error().code, Errc::not_found);
}

TEST_F(UserStoreTest, AnEmailIsTakenInAnyCase) {
  User user;
  user.id = UserId::make(random_);
  user.email = "Ada@EXAMPLE.com";
  const auto refused = stores_->users.add(user);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  user.email = "bob@example.com";
  user.id = user_;
  EXPECT_EQ(stores_->users.add(user).error().code, Errc::conflict);
}

TEST_F(UserStoreTest, ListsByEmailAndKeepsEveryField) {
  User user;
  user.id = UserId::make(random_);
  user.email = "Aaron@example.com";
  user.password_hash = "hash";
  user.admin = true;
  user.created_at = now();
  ASSERT_TRUE(stores_->users.add(user));
  ASSERT_TRUE(stores_->users.set_password_hash(user.id, "other"));
  reopen();
  const auto users = stores_->users.list();
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users[0].id, user.id);
  EXPECT_EQ(users[0].password_hash, "other");
  EXPECT_TRUE(users[0].admin);
  EXPECT_EQ(users[0].created_at, user.created_at);
}

TEST_F(UserStoreTest, AUserGoesWithItsTokensButNotWhileItOwnsApps) {
  ASSERT_TRUE(stores_->users.add_token(new_token("aa")));
  const auto refused = stores_->users.remove(user_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_NE(refused.error().message.find("blog"), std::string::npos);
  ASSERT_TRUE(stores_->apps.remove(app_));
  ASSERT_TRUE(stores_->users.remove(user_));
  EXPECT_EQ(stores_->users.find_token("aa").error().code, Errc::not_found);
}

TEST_F(UserStoreTest, TokensAreFoundByHashListedAndRevoked) {
  auto token = new_token("aa");
  token.expires_at = now();
  ASSERT_TRUE(stores_->users.add_token(token));
  ASSERT_TRUE(stores_->users.add_token(new_token("bb")));
  const auto found = stores_->users.find_token("aa");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, token.id);
  EXPECT_EQ(found->user, user_);
  EXPECT_EQ(found->description, "laptop");
  EXPECT_EQ(found->expires_at, token.expires_at);
  EXPECT_EQ(stores_->users.find_token("bb")->expires_at, std::nullopt);
  ASSERT_EQ(stores_->users.list_tokens(user_).size(), 2u);
  ASSERT_TRUE(stores_->users.remove_token(token.id));
  EXPECT_EQ(stores_->users.remove_token(token.id).error().code, Errc::not_found);
  EXPECT_FALSE(stores_->users.find_token("aa"));
  EXPECT_EQ(stores_->users.list_tokens(user_).size(), 1u);
}

TEST_F(UserStoreTest, ATokenNeedsItsUserAndAHashOfItsOwn) {
  auto token = new_token("aa");
  ASSERT_TRUE(stores_->users.add_token(token));
  EXPECT_EQ(stores_->users.add_token(new_token("aa")).error().code, Errc::conflict);
  token = new_token("bb");
  token.user = UserId::make(random_);
  EXPECT_EQ(stores_->users.add_token(token).error().code, Errc::not_found);
}

TEST_F(UserStoreTest, TheErrorOfAnUnknownTokenDoesNotRepeatItsHash) {
  EXPECT_EQ(stores_->users.find_token("abcdef").error().message.find("abcdef"), std::string::npos);
}

}  // namespace
}  // namespace davit::store
