#include "server/api/problems.hpp"

#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class ProblemsTest : public ApiTest {
 protected:
  std::vector<std::string> codes(const std::string& target) {
    std::vector<std::string> found;
    const auto answer = get(target);
    for (const auto& problem : answer.json.at("problems")) {
      EXPECT_FALSE(problem["next"].get<std::string>().empty());
      found.push_back(problem["code"]);
    }
    return found;
  }
  using Codes = std::vector<std::string>;
};

TEST_F(ProblemsTest, ANewAppWaitsForItsFirstPush) {
  make_app("blog");
  EXPECT_EQ(codes("/davit/why/blog"), Codes{"B00"});
  EXPECT_EQ(codes("/davit/why"), Codes{"B00"});
}

TEST_F(ProblemsTest, ARunningAppHasNone) {
  const auto app = make_app("blog");
  deploy(app, {{"web", "node ."}});
  ASSERT_EQ(send("PATCH", "/apps/blog/formation/web", {{"quantity", 1}}).status, 200);
  EXPECT_EQ(codes("/davit/why/blog"), Codes{});
  EXPECT_EQ(get("/davit/why/blog").body, R"({"problems":[]})");
}

TEST_F(ProblemsTest, ScaledDownMaintenanceAndCrashesAreNamed) {
  const auto app = make_app("blog");
  deploy(app, {{"web", "node ."}});
  supervisor::DynoView dyno;
  dyno.name = DynoName::parse("web.1").value();
  dyno.state = supervisor::DynoState::crashed;
  dyno.reason = "R10 boot timeout: nothing listened on $PORT within 60 s";
  auto second = dyno;
  second.name = DynoName::parse("worker.1").value();
  second.reason = "exited with status 1";
  supervisor_.running[app.id] = {dyno, second};
  ASSERT_EQ(send("PATCH", "/apps/blog", {{"maintenance", true}}).status, 200);
  EXPECT_EQ(codes("/davit/why/blog"), (Codes{"H80", "H14", "R10", "D10"}));
}

TEST_F(ProblemsTest, AFailedBuildComesFirstAndSaysWhatStillServes) {
  const auto app = make_app("blog");
  deploy(app, {{"worker", "node ."}});
  store::Build build;
  build.id = BuildId::make(random_);
  build.app = app.id;
  build.user = app.owner;
  build.commit = CommitId::parse(std::string(40, 'b')).value();
  build.ref = "refs/heads/main";
  build.created_at = build.updated_at = clock_.wall();
  ASSERT_TRUE(stores_.builds.add(build));
  build.status = store::Status::failed;
  build.failure = "npm ci exited with status 1";
  ASSERT_TRUE(stores_.builds.update(build));
  const auto body = get("/davit/why/blog").json;
  ASSERT_EQ(body["problems"].size(), 1u);
  EXPECT_EQ(body["problems"][0]["code"], "B01");
  const std::string message = body["problems"][0]["message"];
  EXPECT_NE(message.find("npm ci"), std::string::npos);
  EXPECT_NE(message.find("v2 goes on serving"), std::string::npos) << message;
}

}  // namespace
}  // namespace davit::test
