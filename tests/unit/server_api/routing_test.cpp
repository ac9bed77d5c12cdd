#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class RoutingTest : public ApiTest {
 protected:
  RoutingTest() : app_(make_app("blog")) {}
  Answer patch(const nlohmann::json& body) { return send("PATCH", "/apps/blog/routing", body); }
  store::App app_;
};

TEST_F(RoutingTest, TheDefaultsAreToldAndEachSettingIsChangedAlone) {
  const auto before = get("/apps/blog/routing");
  ASSERT_EQ(before.status, 200) << before.body;
  EXPECT_TRUE(before.json["limit"].is_null());
  EXPECT_EQ(before.json["policy"], "least");
  EXPECT_EQ(before.json["affinity"], false);
  EXPECT_EQ(patch({{"limit", 20}}).json["limit"], 20);
  EXPECT_EQ(patch({{"policy", "round-robin"}}).json["limit"], 20) << "other changes keep it";
  EXPECT_EQ(stores_.routing.find(app_.id).policy, "round-robin");
  EXPECT_EQ(supervisor_.changes.back(), app_.id);
  EXPECT_TRUE(patch({{"limit", nullptr}}).json["limit"].is_null());
  EXPECT_EQ(stores_.routing.find(app_.id).concurrency, 0u);
  EXPECT_NE(logs_.all(app_.id).find("Set routing to limit default, policy round-robin, affinity "
                                    "off, https-redirect off, hsts off by user owner@"),
            std::string::npos);
}

TEST_F(RoutingTest, WhatPlainHttpIsAnsweredIsTheAppsOwnToSay) {
  const auto before = get("/apps/blog/routing").json;
  EXPECT_EQ(before["https_redirect"], false);
  EXPECT_EQ(before["hsts_seconds"], 0);
  EXPECT_EQ(patch({{"https_redirect", true}}).json["https_redirect"], true);
  EXPECT_EQ(patch({{"hsts_seconds", 31'536'000}}).json["https_redirect"], true);
  EXPECT_EQ(stores_.routing.find(app_.id).hsts_seconds, 31'536'000);
  EXPECT_EQ(patch({{"hsts_seconds", 0}}).json["hsts_seconds"], 0);
  EXPECT_NE(logs_.all(app_.id).find("https-redirect on, hsts 31536000s"), std::string::npos);
}

TEST_F(RoutingTest, TheKeyOfAffinityIsMadeOnceAndToldToNobody) {
  const auto on = patch({{"affinity", true}});
  ASSERT_EQ(on.status, 200) << on.body;
  const std::string key = stores_.routing.find(app_.id).affinity_key;
  EXPECT_GE(key.size(), 32u);
  EXPECT_EQ(on.body.find(key), std::string::npos);
  EXPECT_EQ(get("/apps/blog/routing").body.find(key), std::string::npos);
  EXPECT_EQ(patch({{"affinity", false}}).json["affinity"], false);
  EXPECT_EQ(patch({{"affinity", true}}).json["affinity"], true);
  EXPECT_EQ(stores_.routing.find(app_.id).affinity_key, key) << "browsers keep their dynos";
}

TEST_F(RoutingTest, WhatMakesNoSenseIsRefusedAndChangesNothing) {
  for (const auto& body :
       {R"({"limit":0})", R"({"limit":-1})", R"({"limit":10001})", R"({"limit":"20"})",
        R"({"policy":"best"})", R"({"affinity":"yes"})", R"({"limit":5,"policy":7})",
        R"({"https_redirect":"on"})", R"({"hsts_seconds":-1})", R"({"hsts_seconds":63072001})",
        R"({"hsts_seconds":"1y"})", "[]", "7"}) {
    EXPECT_EQ(ask({"PATCH", "/apps/blog/routing", body, {}}).status, 422) << body;
  }
  EXPECT_EQ(stores_.routing.find(app_.id), store::RoutingRecord());
}

}  // namespace
}  // namespace davit::test
