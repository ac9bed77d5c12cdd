#include "server/api/logs/metrics_query.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

using namespace std::chrono_literals;

class MetricsTest : public ApiTest {
 protected:
  api::MetricsQuery parse(const std::string& query) {
    return api::parse_metrics_query(query, clock_.wall()).value();
  }
  std::string refused(const std::string& query) {
    const auto parsed = api::parse_metrics_query(query, clock_.wall());
    return parsed ? "" : parsed.error().message;
  }
};

TEST_F(MetricsTest, TheLastHourIsMeantWhereNothingIsSaid) {
  const auto query = parse("");
  EXPECT_EQ(query.range.to - query.range.from, 3600);
  EXPECT_EQ(query.range.step, 60);
  EXPECT_TRUE(query.with_requests());
}

TEST_F(MetricsTest, StepsAreWholeAndOfASeriesThatIsKept) {
  EXPECT_EQ(parse("since=10m").range.step, 10);
  EXPECT_EQ(parse("since=24h").range.step, 1800);
  EXPECT_EQ(parse("since=168h").range.step, 10'800);
  EXPECT_EQ(parse("since=1h&step=25s").range.step, 20);
  EXPECT_EQ(parse("since=24h&step=7m").range.step, 300);
  const auto odd = parse("from=1000000007&to=1000000055&step=10s");
  EXPECT_EQ(odd.range.from, 1000000000);
  EXPECT_EQ(odd.range.to, 1000000060);
}

TEST_F(MetricsTest, WhatMakesNoSenseIsNamed) {
  EXPECT_NE(refused("since=1y").find("since: "), std::string::npos);
  EXPECT_NE(refused("sinse=1h").find("'sinse'"), std::string::npos);
  EXPECT_NE(refused("from=yesterday").find("from: "), std::string::npos);
  EXPECT_NE(refused("from=9223372036854775807").find("from: "), std::string::npos);
  EXPECT_NE(refused("from=20&to=10").find("from: "), std::string::npos);
  EXPECT_NE(refused("from=1").find("7 days"), std::string::npos);
  EXPECT_NE(refused("since=24h&step=10s").find("step: "), std::string::npos);
  EXPECT_NE(refused("type=../x").find("type: "), std::string::npos);
  EXPECT_NE(refused("dyno=web").find("dyno: "), std::string::npos);
}

TEST_F(MetricsTest, TheAnswerHasColumnsOfEveryDynoAndOfTheRequests) {
  const auto app = make_app("blog");
  metrics_.sample.statuses = {0, 0, 90, 0, 0, 10};
  for (int i = 0; i < 100; ++i) metrics_.sample.service.add(i < 90 ? 10 : 400);
  metrics_.sample.dynos[DynoName::parse("web.1").value()] = {2'500'000, 10'000'000, 64, 1, 512, 9};
  metrics_.sample.dynos[DynoName::parse("worker.1").value()] = {0, 0, 32, 0, 512, 1};
  const auto answer = get("/apps/blog/metrics?since=1h");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(metrics_.asked.front(), app.id);
  EXPECT_EQ(answer.json["points"], 60);
  EXPECT_EQ(answer.json["step"], 60);
  EXPECT_EQ(answer.json["requests"]["5xx"][0], 10);
  EXPECT_EQ(answer.json["requests"]["total"].size(), 60u);
  EXPECT_EQ(answer.json["response_ms"]["p50"][0], 10);
  EXPECT_TRUE(answer.json["response_ms"]["p50"][1].is_null());
  EXPECT_NEAR(answer.json["summary"]["response_ms"]["p95"].get<double>(), 400, 25);
  ASSERT_EQ(answer.json["dynos"].size(), 2u);
  EXPECT_EQ(answer.json["dynos"][0]["name"], "web.1");
  EXPECT_EQ(answer.json["dynos"][0]["cpu_percent"][0], 25.0);
  EXPECT_EQ(answer.json["dynos"][0]["memory_bytes"][0], 64);
  EXPECT_TRUE(answer.json["dynos"][1]["cpu_percent"][0].is_null());

  const auto worker = get("/apps/blog/metrics?type=worker");
  EXPECT_EQ(worker.json["dynos"].size(), 1u);
  EXPECT_FALSE(worker.json.contains("requests"));
  EXPECT_EQ(get("/apps/blog/metrics?since=never").status, 422);
}

TEST_F(MetricsTest, FeaturesAreSwitchedAndTellTheSupervisor) {
  const auto app = make_app("blog");
  const std::string path = "/apps/blog/features/log-runtime-metrics";
  EXPECT_EQ(get(path).json["enabled"], false);
  EXPECT_EQ(send("PATCH", path, {{"enabled", true}}).json["enabled"], true);
  EXPECT_EQ(get("/apps/blog/features").json[0]["enabled"], true);
  EXPECT_EQ(stores_.features.list(app.id).size(), 1u);
  EXPECT_EQ(supervisor_.changes.back(), app.id);
  EXPECT_EQ(send("PATCH", path, {{"enabled", false}}).json["enabled"], false);
  EXPECT_EQ(send("PATCH", path, {{"enabled", "yes"}}).status, 422);
  EXPECT_EQ(get("/apps/blog/features/preboot").status, 404);
}

}  // namespace
}  // namespace davit::test
