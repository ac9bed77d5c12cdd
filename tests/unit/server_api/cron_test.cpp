// GET /apps/:app/cron and its run.
#include <gmock/gmock.h>

#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CronApiTest : public ApiTest {
 protected:
  CronApiTest() : app_(make_app("blog")) {
    auto release = deploy(app_, {{"web", "node ."}});
    store::Slug slug = stores_.slugs.find(*release.slug).value();
    slug.id = SlugId::make(random_);
    slug.cron = R"([{"command":"npm run report","schedule":"30 4 * * *"},
                    {"command":"x","schedule":"@daily","maintenance":true}])";
    stores_.slugs.add(slug).value();
    release.id = ReleaseId::make(random_);
    release.slug = slug.id;
    stores_.releases.append(release).value();
    id_ = get("/apps/blog/cron").json[0]["id"];
  }
  store::App app_;
  std::string id_;
};

TEST_F(CronApiTest, JobsAreListedWithTheirNextRun) {
  const auto jobs = get("/apps/blog/cron").json;
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0]["command"], "npm run report");
  EXPECT_EQ(jobs[0]["next_run_at"], "2026-01-01T04:30:00Z");
  EXPECT_TRUE(jobs[0]["last_run"].is_null());
  EXPECT_TRUE(jobs[1]["next_run_at"].is_null()) << "maintenance";
  make_app("empty");
  EXPECT_EQ(get("/apps/empty/cron").json, nlohmann::json::array());
}

TEST_F(CronApiTest, ARunByHandIsStartedForItsUser) {
  const auto started =
      send("POST", "/apps/blog/cron/" + id_ + "/actions/run", nlohmann::json::object());
  EXPECT_EQ(started.status, 201) << started.body;
  EXPECT_EQ(started.json["last_run"]["status"], "running");
  EXPECT_THAT(cron_.started, ElementsAre(id_ + " by owner@example.org"));
  EXPECT_EQ(send("POST", "/apps/blog/cron/nope/actions/run", nlohmann::json::object()).status, 404);
}

TEST_F(CronApiTest, AFailedRunIsAProblemUntilTheNextSucceeds) {
  send("POST", "/apps/blog/cron/" + id_ + "/actions/run", nlohmann::json::object());
  const DynoId dyno = *stores_.crons.list().at(0).dyno_id;
  stores_.crons.end(dyno, clock_.wall(), 1, "exited with status 1");
  const auto jobs = get("/apps/blog/cron").json;
  EXPECT_EQ(jobs[0]["last_run"]["status"], "failed");
  EXPECT_EQ(jobs[0]["last_run"]["exit_code"], 1);
  const auto problems = get("/davit/why/blog").body;
  EXPECT_THAT(problems, HasSubstr("D30"));
  EXPECT_THAT(problems, HasSubstr("exited with status 1"));
  send("POST", "/apps/blog/cron/" + id_ + "/actions/run", nlohmann::json::object());
  EXPECT_THAT(get("/davit/why/blog").body, testing::Not(HasSubstr("D30")));
}

}  // namespace
}  // namespace davit::test
