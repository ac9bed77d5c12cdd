#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class PauseTest : public ApiTest {
 protected:
  PauseTest() : app_(make_app("blog")) {}
  Answer pause(const nlohmann::json& body) {
    return send("POST", "/apps/blog/actions/pause", body);
  }
  std::optional<WallTime> until() { return stores_.apps.find(app_.id)->paused_until; }
  store::App app_;
};

TEST_F(PauseTest, HoldsRequestsForAMomentAndLetsThemGo) {
  const auto held = pause({{"seconds", 20}});
  ASSERT_EQ(held.status, 200) << held.body;
  EXPECT_EQ(until(), clock_.wall() + std::chrono::seconds(20));
  EXPECT_EQ(supervisor_.changes.back(), app_.id);
  EXPECT_NE(logs_.all(app_.id).find("Paused for 20s by user owner@"), std::string::npos);
  EXPECT_EQ(send("POST", "/apps/blog/actions/resume", nlohmann::json::object()).status, 200);
  EXPECT_EQ(until(), std::nullopt);
}

TEST_F(PauseTest, NobodyWaitsForLonger) {
  for (const char* body : {R"({"seconds": 0})", R"({"seconds": 61})", R"({"seconds": "long"})"}) {
    EXPECT_EQ(ask({"POST", "/apps/blog/actions/pause", body, {}}).status, 422) << body;
  }
  EXPECT_EQ(until(), std::nullopt);
}

}  // namespace
}  // namespace davit::test
