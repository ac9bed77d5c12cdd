#include "server/supervisor/canary.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class CanaryTest : public ApiTest {
 protected:
  CanaryTest() : app_(make_app("blog")) { deploy(app_, {{"web", "run"}}); }
  Answer patch(const nlohmann::json& body) { return send("PATCH", "/apps/blog/canary", body); }
  store::Release begin_canary() {
    auto release = *stores_.releases.current(app_.id);
    release.id = ReleaseId::make(random_);
    release.canary = true;
    release.created_at = release.updated_at = clock_.wall();
    return *stores_.releases.append(std::move(release));
  }
  Answer act(const char* action, const std::string& token = "") {
    return ask({"POST", std::string("/apps/blog/canary/actions/") + action, "{}", {}, token});
  }
  store::App app_;
};

TEST_F(CanaryTest, TheSettingIsToldAndReplacedAsAWhole) {
  const auto before = get("/apps/blog/canary");
  ASSERT_EQ(before.status, 200) << before.body;
  EXPECT_TRUE(before.json["percent"].is_null());
  EXPECT_TRUE(before.json["release"].is_null());
  const auto on = patch({{"percent", 10}, {"promote_after", "15m"}});
  ASSERT_EQ(on.status, 200) << on.body;
  EXPECT_EQ(on.json["percent"], 10);
  EXPECT_EQ(on.json["promote_after"], "15m");
  EXPECT_EQ(supervisor_.changes.back(), app_.id);
  EXPECT_TRUE(patch({{"percent", 20}}).json["promote_after"].is_null());
  EXPECT_NE(logs_.all(app_.id).find("begin with 10% of the requests, and with all after 15m by"),
            std::string::npos);
  EXPECT_TRUE(patch({{"percent", nullptr}}).json["percent"].is_null());
  EXPECT_EQ(stores_.canaries.find(app_.id).percent, 20u) << "of one that serves";
}

TEST_F(CanaryTest, OneThatServesIsToldWithItsReleaseUntilItIsPromoted) {
  patch({{"percent", 10}, {"promote_after", "15m"}});
  const auto canary = begin_canary();
  const auto now = get("/apps/blog/canary").json["release"];
  EXPECT_EQ(now["version"], canary.version);
  EXPECT_EQ(now["percent"], 10);
  EXPECT_TRUE(now["promote_at"].is_string());
  auto release = get("/apps/blog/releases/" + std::to_string(canary.version)).json;
  EXPECT_EQ(release["canary"]["percent"], 10);
  EXPECT_EQ(release["current"], false);
  EXPECT_EQ(release["eligible_for_rollback"], false);
  const auto why = get("/davit/why/blog").json["problems"];
  EXPECT_NE(why.dump().find("D22"), std::string::npos);
  release = act("promote").json;
  EXPECT_EQ(release["current"], true);
  EXPECT_TRUE(release["canary"].is_null());
  EXPECT_EQ(act("promote").status, 404);
}

TEST_F(CanaryTest, OneThatIsTakenBackHasFailed) {
  const auto canary = begin_canary();
  const auto release = act("abort").json;
  EXPECT_EQ(release["id"], canary.id.str());
  EXPECT_EQ(release["status"], "failed");
  EXPECT_TRUE(release["canary"].is_null());
  EXPECT_EQ(act("abort").status, 404);
}

// Another deploy may take a canary's place between a look and the word: what its owner never saw is
// neither promoted nor taken back.
TEST_F(CanaryTest, OnlyTheOneThatWasSeenIsEnded) {
  const auto seen = begin_canary();
  const auto now = begin_canary();
  const auto end = [&](const char* action, const std::string& release) {
    return send("POST", std::string("/apps/blog/canary/actions/") + action, {{"release", release}});
  };
  for (const char* action : {"promote", "abort"}) {
    const auto refused = end(action, seen.id.str());
    EXPECT_EQ(refused.status, 409) << refused.body;
    EXPECT_NE(refused.body.find(
                  fmt::format("v{} is not the canary now, v{} is", seen.version, now.version)),
              std::string::npos)
        << refused.body;
    EXPECT_EQ(end(action, "v7").status, 422);
    EXPECT_EQ(end(action, ReleaseId::make(random_).str()).status, 404);
  }
  EXPECT_EQ(stores_.releases.canary(app_.id)->id, now.id);
  EXPECT_EQ(end("promote", now.id.str()).status, 200);
  const auto late = end("promote", now.id.str());
  EXPECT_EQ(late.status, 409) << late.body;
}

TEST_F(CanaryTest, OthersMayNeitherSeeNorEndIt) {
  begin_canary();
  const std::string other = add_user("stranger@example.com", false);
  EXPECT_EQ(ask({"GET", "/apps/blog/canary", "", {}, other}).status, 404);
  EXPECT_EQ(act("promote", other).status, 404);
  EXPECT_EQ(act("abort", "-").status, 401);
  EXPECT_TRUE(stores_.releases.canary(app_.id));
}

TEST_F(CanaryTest, WhatMakesNoSenseIsRefusedAndChangesNothing) {
  for (const auto& body :
       {R"({"percent":0})", R"({"percent":100})", R"({"percent":"10%"})", R"({"percent":-1})",
        R"({"percent":10,"promote_after":"soon"})", R"({"percent":10,"promote_after":"0s"})",
        R"({"percent":10,"promote_after":"900h"})", R"({"promote_after":"15m"})", "[]"}) {
    EXPECT_EQ(ask({"PATCH", "/apps/blog/canary", body, {}}).status, 422) << body;
  }
  EXPECT_EQ(stores_.canaries.find(app_.id), store::CanaryRecord());
}

// A canary's dynos take the numbers after those that a formation can have.
static_assert(api::limits::quantity_max == supervisor::canary_numbers_after);

}  // namespace
}  // namespace davit::test
