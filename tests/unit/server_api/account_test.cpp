#include "base/encoding.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class AccountTest : public ApiTest {};

TEST_F(AccountTest, TellsWhoCalls) {
  EXPECT_EQ(get("/account").json["email"], "owner@example.org");
  EXPECT_EQ(get("/users/~").json["email"], "owner@example.org");
}

TEST_F(AccountTest, EveryAnswerHasItsIdRateAndTag) {
  const auto answer = get("/account");
  EXPECT_TRUE(check_uuid(answer.fields.get("Request-Id")));
  EXPECT_EQ(answer.fields.get("RateLimit-Remaining"), "4499");
  EXPECT_EQ(answer.fields.get("Content-Type"), "application/json");
  const std::string tag(answer.fields.get("ETag"));
  const auto again = ask({"GET", "/account", "", {{"If-None-Match", tag}}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(AccountTest, AnAuthorizationIsMadeListedAndRemoved) {
  const auto made = send("POST", "/oauth/authorizations",
                         {{"scope", {"global"}}, {"description", "laptop"}, {"expires_in", 60}});
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string token = made.json["access_token"]["token"];
  const std::string id = made.json["id"];
  EXPECT_EQ(made.json["access_token"]["expires_in"], 60);
  EXPECT_EQ(ask({"GET", "/account", "", {}, token}).status, 200);
  const auto list = ask({"GET", "/oauth/authorizations", "", {}, token}).json;
  ASSERT_EQ(list.size(), 2u);
  for (const auto& item : list) {
    const bool own = item["id"] == id;
    EXPECT_EQ(item["access_token"]["token"], own ? token : "****")
        << "only the one in use is known";
  }
  EXPECT_EQ(ask({"GET", "/oauth/authorizations/~", "", {}, token}).json["id"], id);
  EXPECT_EQ(ask({"DELETE", "/oauth/sessions/~", "", {}, token}).status, 404);
  const auto removed = ask({"DELETE", "/oauth/authorizations/" + id, "", {}, token});
  EXPECT_EQ(removed.status, 200);
  EXPECT_EQ(ask({"GET", "/account", "", {}, token}).status, 401);
}

TEST_F(AccountTest, AnotherUsersAuthorizationIsNotFound) {
  const auto theirs = ask({"POST", "/oauth/authorizations", "", {}, other_});
  ASSERT_EQ(theirs.status, 201);
  const std::string id = theirs.json["id"];
  EXPECT_EQ(get("/oauth/authorizations/" + id).status, 404);
  EXPECT_EQ(ask({"DELETE", "/oauth/authorizations/" + id, "", {}}).status, 404);
}

TEST_F(AccountTest, NarrowScopesAndBadFieldsAreRefusedByName) {
  const auto scope = send("POST", "/oauth/authorizations", {{"scope", {"read"}}});
  EXPECT_EQ(scope.status, 422);
  EXPECT_EQ(scope.json["id"], "invalid_params");
  const auto expires = send("POST", "/oauth/authorizations", {{"expires_in", "soon"}});
  EXPECT_EQ(expires.status, 422);
  EXPECT_NE(expires.json["message"].get<std::string>().find("expires_in"), std::string::npos);
  EXPECT_EQ(send("POST", "/oauth/authorizations", {{"expires_in", -1}}).status, 422);
}

TEST_F(AccountTest, UsersAreMadeByAdminsLogInAndAreRemoved) {
  const auto made = ask({"POST", "/davit/users", R"({"email":"New@Example.org"})", {}, admin_});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["email"], "new@example.org");
  EXPECT_EQ(ask({"GET", "/account", "", {}, made.json["api_key"]}).status, 200);
  const std::string basic =
      "Basic " + base64_encode("new@example.org:" + made.json["password"].get<std::string>());
  EXPECT_EQ(ask({"POST", "/oauth/authorizations", "", {{"Authorization", basic}}}).status, 201);
  EXPECT_EQ(ask({"GET", "/account", "", {{"Authorization", basic}}}).status, 401)
      << "a password opens nothing but a login";
  const auto twice = ask({"POST", "/davit/users", R"({"email":"new@example.org"})", {}, admin_});
  EXPECT_EQ(twice.status, 422);
  EXPECT_EQ(ask({"GET", "/davit/users", "", {}, admin_}).json.size(), 4u);
  EXPECT_EQ(ask({"DELETE", "/davit/users/new@example.org", "", {}, admin_}).status, 200);
  EXPECT_EQ(ask({"GET", "/account", "", {}, made.json["api_key"]}).status, 401);
  EXPECT_EQ(ask({"DELETE", "/davit/users/new@example.org", "", {}, admin_}).status, 404);
  EXPECT_EQ(ask({"DELETE", "/davit/users/admin@example.org", "", {}, admin_}).status, 409);
}

TEST_F(AccountTest, AUserWithAppsIsNotRemoved) {
  make_app("blog");
  EXPECT_EQ(ask({"DELETE", "/davit/users/owner@example.org", "", {}, admin_}).status, 409);
  EXPECT_EQ(get("/apps/blog").status, 200);
}

}  // namespace
}  // namespace davit::test
