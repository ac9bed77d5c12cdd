#include "server/api/why/problems.hpp"

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

TEST_F(ProblemsTest, ARuntimeThatWasReplacedByTheDistributionIsTold) {
  const auto app = make_app("blog");
  auto release = deploy(app, {{"web", "node ."}});
  ASSERT_EQ(send("PATCH", "/apps/blog/formation/web", {{"quantity", 1}}).status, 200);
  release.id = ReleaseId::make(random_);
  release.runtimes = {{"node", "18.1.0", "distribution", "/usr/bin/node", "of another day"},
                      {"python", "3.11.2", "store", "/usr/bin/python3", ""}};
  ASSERT_TRUE(stores_.releases.append(release));
  EXPECT_EQ(codes("/davit/why/blog"), Codes{"B04"});
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
  EXPECT_EQ(codes("/davit/why/blog"), (Codes{"H80", "H14", "R10", "D10", "H10"}));
}

TEST_F(ProblemsTest, ACrashIsToldWithItsCausesAndTheFix) {
  const auto app = make_app("blog");
  const auto release = deploy(app, {{"web", "nodee ."}});
  ASSERT_EQ(send("PATCH", "/apps/blog/formation/web", {{"quantity", 1}}).status, 200);
  supervisor::DynoView dyno;
  dyno.name = DynoName::parse("web.1").value();
  dyno.release = release.id;
  dyno.command = "nodee .";
  dyno.state = supervisor::DynoState::crashed;
  dyno.reason = "exited with status 127";
  dyno.crashes = 4;
  dyno.retry_at = clock_.wall() + std::chrono::seconds(8);
  supervisor_.running[app.id] = {dyno};
  const auto problems = get("/davit/why/blog").json["problems"];
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0]["code"], "D10");
  EXPECT_EQ(problems[0]["because"][0],
            "its command `nodee .`, or one that it calls, was not found");
  EXPECT_EQ(problems[0]["because"][1], "it crashed 4 times in a row, so its next start is in 8 s");
  EXPECT_EQ(problems[1]["code"], "H10");
  EXPECT_EQ(problems[1]["because"][0], "no web dyno is up");

  auto old = dyno;  // of the release before
  old.release = ReleaseId::make(random_);
  old.state = supervisor::DynoState::up;
  supervisor_.running[app.id] = {old, dyno};
  EXPECT_EQ(codes("/davit/why/blog"), (Codes{"D10", "D12"}));
}

TEST_F(ProblemsTest, AFailedReleaseIsToldWithItsReason) {
  const auto app = make_app("blog");
  deploy(app, {{"worker", "node ."}});
  const auto failed = deploy(app, {{"worker", "node ."}});
  ASSERT_TRUE(stores_.releases.set_status(failed.id, store::Status::pending, clock_.wall()));
  EXPECT_EQ(codes("/davit/why/blog"), Codes{"B03"});
  ASSERT_TRUE(stores_.releases.set_failed(failed.id, "The release command failed", clock_.wall()));
  const auto problems = get("/davit/why/blog").json["problems"];
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0]["code"], "B02");
  EXPECT_EQ(problems[0]["because"][0], "The release command failed");
  EXPECT_NE(problems[0]["message"].get<std::string>().find("v2 goes on"), std::string::npos);
}

TEST_F(ProblemsTest, StoppedDynosMemoryAndForgottenTypesAreNamed) {
  const auto app = make_app("blog");
  deploy(app, {{"web", "node ."}});
  ASSERT_TRUE(stores_.formations.set({app.id, ProcessType::parse("web").value(), 1, "gold"}));
  ASSERT_TRUE(stores_.formations.set({app.id, ProcessType::parse("cron").value(), 2, "standard"}));
  supervisor::DynoView web, worker;
  web.name = DynoName::parse("web.1").value();
  web.state = supervisor::DynoState::up;
  web.size = "standard";
  web.over_memory = true;
  worker.name = DynoName::parse("worker.1").value();
  worker.state = supervisor::DynoState::down;
  supervisor_.running[app.id] = {web, worker};
  EXPECT_EQ(codes("/davit/why/blog"), (Codes{"D14", "D13", "R14", "D11"}));
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
