#include "server/supervisor/health_config.hpp"

#include <gmock/gmock.h>

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;

std::string refused(const char* json) {
  const auto checks = HealthChecks::parse(json);
  return checks ? "accepted" : checks.error().message;
}

TEST(HealthConfig, TheStartCheckIsOnAndLivenessOffUnlessTheyAreSaid) {
  const auto checks = HealthChecks::parse(R"({"web": {"path": "/health"}})");
  ASSERT_TRUE(checks) << checks.error().message;
  ASSERT_TRUE(checks->start);
  EXPECT_FALSE(checks->liveness);
  EXPECT_EQ(checks->start->path, "/health");
  EXPECT_EQ(checks->start->interval, 5s);
  EXPECT_EQ(checks->start->attempts, 3);
  EXPECT_FALSE(HealthChecks::parse(R"({"web": {"start": false}})")->any());
  EXPECT_FALSE(HealthChecks::parse("{}")->any());
}

TEST(HealthConfig, KindsTakeWhatTheyDoNotSayFromTheType) {
  const auto checks = HealthChecks::parse(
      R"({"web": {"path": "/up", "headers": {"X-A": "1"}, "timeout": 2, "start": {"attempts": 30},
          "liveness": {"interval": 60, "path": "/alive"}}})");
  ASSERT_TRUE(checks) << checks.error().message;
  EXPECT_EQ(checks->start->path, "/up");
  EXPECT_EQ(checks->start->attempts, 30);
  EXPECT_EQ(checks->start->timeout, 2s);
  EXPECT_EQ(checks->liveness->path, "/alive");
  EXPECT_EQ(checks->liveness->interval, 60s);
  EXPECT_EQ(checks->liveness->attempts, 3);
  EXPECT_THAT(checks->liveness->headers, testing::ElementsAre(testing::Pair("X-A", "1")));
}

TEST(HealthConfig, ErrorsNameTheField) {
  EXPECT_THAT(refused("[]"), testing::HasSubstr("app.json: healthchecks must be an object"));
  EXPECT_THAT(refused("{"), testing::HasSubstr("must be an object"));
  EXPECT_THAT(refused(R"({"worker": {}})"), testing::HasSubstr("healthchecks.worker: only 'web'"));
  EXPECT_THAT(refused(R"({"web": 1})"), testing::HasSubstr("healthchecks.web must be an object"));
  EXPECT_THAT(refused(R"({"web": {"pth": "/"}})"),
              testing::HasSubstr("healthchecks.web.pth is not known; there are path, headers"));
  EXPECT_THAT(
      refused(R"({"web": {"interval": 0}})"),
      testing::HasSubstr("healthchecks.web.interval must be a whole number from 1 to 3600"));
  EXPECT_THAT(refused(R"({"web": {"timeout": 31}})"), testing::HasSubstr("from 1 to 30"));
  EXPECT_THAT(refused(R"({"web": {"attempts": 1.5}})"), testing::HasSubstr("web.attempts"));
  EXPECT_THAT(refused(R"({"web": {"attempts": 1e30}})"), testing::HasSubstr("web.attempts"));
  EXPECT_THAT(refused(R"({"web": {"liveness": "yes"}})"),
              testing::HasSubstr("healthchecks.web.liveness must be true, false or an object"));
  EXPECT_THAT(refused(R"({"web": {"start": {"interval": 3600, "attempts": 100}}})"),
              testing::HasSubstr("healthchecks.web.start may take 6009 minutes"));
  EXPECT_THAT(refused(R"({"web": {"start": {"start": true}}})"),
              testing::HasSubstr("healthchecks.web.start.start is not known"));
}

// What app.json says goes into a request that davitd makes: it must stay one request with those
// headers.
TEST(HealthConfig, NothingCanBreakOutOfTheRequest) {
  for (const char* path :
       {R"("")", R"("health")", R"("/a b")", R"("/a\r\nX: y")", R"("/\u00e9")", "7"}) {
    EXPECT_THAT(refused((R"({"web": {"path": )" + std::string(path) + "}}").c_str()),
                testing::HasSubstr("web.path"))
        << path;
  }
  for (const char* headers :
       {R"({"A B": "1"})", R"({"A:": "1"})", R"({"": "1"})", R"({"A": "1\r\nB: 2"})", R"({"A": 1})",
        R"({"Content-Length": "5"})", R"({"transfer-encoding": "chunked"})",
        R"({"Upgrade": "h2c"})", "[]"}) {
    EXPECT_THAT(refused((R"({"web": {"headers": )" + std::string(headers) + "}}").c_str()),
                testing::HasSubstr("web.headers"))
        << headers;
  }
  std::string long_path = "/" + std::string(3000, 'a');
  EXPECT_THAT(refused(("{\"web\": {\"path\": \"" + long_path + "\"}}").c_str()),
              testing::HasSubstr("web.path"));
}

}  // namespace
}  // namespace davit::supervisor
