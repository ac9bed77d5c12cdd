// Sleep and autoscaling as the formation has them.
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

using nlohmann::json;

class RestAndScaleTest : public ApiTest {
 protected:
  RestAndScaleTest() : app_(make_app("blog")) {
    deploy(app_, {{"web", "node ."}, {"worker", "node worker.js"}});
  }
  Answer patch(const std::string& type, const json& body) {
    return send("PATCH", "/apps/blog/formation/" + type, body);
  }
  store::FormationEntry kept(const std::string& type) {
    for (auto& entry : stores_.formations.list(app_.id)) {
      if (entry.type.str() == type) return entry;
    }
    return {};
  }
  store::App app_;
};

TEST_F(RestAndScaleTest, SleepIsOffUntilItIsAskedForAndCanBeSwitchedOff) {
  EXPECT_TRUE(get("/apps/blog/formation/web").json["sleep_after"].is_null());
  const auto set = patch("web", {{"sleep_after", "30m"}});
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(set.json["sleep_after"], "30m");
  EXPECT_EQ(kept("web").sleep_after_ms, 1'800'000);
  EXPECT_EQ(supervisor_.changes.back(), app_.id);
  EXPECT_NE(logs_.all(app_.id).find("Set web to sleep after 30m without a request by user owner@"),
            std::string::npos);
  EXPECT_EQ(patch("web", {{"quantity", 2}}).json["sleep_after"], "30m") << "other changes keep it";
  EXPECT_TRUE(patch("web", {{"sleep_after", nullptr}}).json["sleep_after"].is_null());
  EXPECT_EQ(kept("web").sleep_after_ms, 0);
}

TEST_F(RestAndScaleTest, OnlyWebSleepsAndOnlyForASensibleTime) {
  const auto worker = patch("worker", {{"sleep_after", "30m"}});
  EXPECT_EQ(worker.status, 422);
  EXPECT_NE(worker.body.find("worker dynos never sleep"), std::string::npos);
  for (const json& wrong : {json("soon"), json("10ms"), json("1000h"), json(30), json::object()}) {
    const auto refused = patch("web", {{"sleep_after", wrong}});
    EXPECT_EQ(refused.status, 422) << wrong;
    EXPECT_NE(refused.body.find("sleep_after"), std::string::npos) << refused.body;
  }
  EXPECT_EQ(patch("worker", {{"sleep_after", nullptr}}).status, 200) << "never is what it is";
}

TEST_F(RestAndScaleTest, AutoscalingIsKeptAndTold) {
  const auto set = patch("web", {{"autoscale", {{"max", 4}, {"target", "300ms"}}}});
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(set.json["autoscale"],
            (json{{"min", 1}, {"max", 4}, {"measure", "response"}, {"target", "300ms"}}));
  EXPECT_EQ(stores_.formations.list_autoscaled().size(), 1u);
  EXPECT_EQ(patch("web", {{"quantity", 6}}).status, 200);
  EXPECT_NE(logs_.all(app_.id).find("between 1 and 4 dynos and will change 6 back"),
            std::string::npos);
  EXPECT_TRUE(patch("web", {{"autoscale", nullptr}}).json["autoscale"].is_null());
  EXPECT_TRUE(stores_.formations.list_autoscaled().empty());
}

TEST_F(RestAndScaleTest, RulesThatMakeNoSenseAreRefused) {
  for (const json& wrong :
       {json{{"max", 4}}, json{{"target", "1s"}}, json{{"min", 3}, {"max", 2}, {"target", "1s"}},
        json{{"min", 0}, {"max", 2}, {"target", "1s"}}, json{{"max", 101}, {"target", "1s"}},
        json{{"max", 9'000'000'000'000ll}, {"target", "1s"}}, json{{"max", 2}, {"target", "31s"}},
        json{{"max", 2}, {"target", "1s"}, {"measure", "luck"}}, json("on"), json::array()}) {
    const auto refused = patch("web", {{"autoscale", wrong}});
    EXPECT_EQ(refused.status, 422) << wrong;
    EXPECT_NE(refused.body.find("autoscale"), std::string::npos) << refused.body;
  }
  EXPECT_EQ(patch("worker", {{"autoscale", {{"max", 4}, {"target", "300ms"}}}}).status, 422);
}

TEST_F(RestAndScaleTest, WhyTellsOfSleep) {
  supervisor::DynoView dyno;
  dyno.id = DynoId::make(random_);
  dyno.name = DynoName::parse("web.1").value();
  dyno.state = supervisor::DynoState::idle;
  dyno.reason = "no request for 30m; the next one wakes it";
  supervisor_.running[app_.id] = {dyno};
  patch("web", {{"quantity", 1}});
  const auto why = get("/davit/why/blog");
  ASSERT_EQ(why.json["problems"].size(), 1u) << why.body;
  EXPECT_EQ(why.json["problems"][0]["code"], "D20");
  EXPECT_NE(why.body.find("the next one wakes it"), std::string::npos);
}

}  // namespace
}  // namespace davit::test
