#include "server/app_json/app_json.hpp"

#include <gmock/gmock.h>

#include "tests/support/fakes.hpp"

namespace davit::app_json {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string refused(std::string_view text) {
  const auto parsed = AppJson::parse(text);
  return parsed ? "accepted" : parsed.error().message;
}

class Variables : public ::testing::Test {
 protected:
  Result<std::map<std::string, std::string>> given(const char* env, Deploy deploy) {
    const auto parsed = AppJson::parse("{\"env\":" + std::string(env) + "}");
    return variables_for(parsed.value(), {{"HAS", ""}}, "blog", deploy, random_);
  }
  test::SeededRandom random_{3};
};

TEST(AppJsonText, IsReadAsTheVendorsToolsReadIt) {
  const auto parsed = AppJson::parse(R"({
    "name": "x", "addons": ["a"], "environments": {"test": {}}, "stack": "heroku-24",
    "env": {"A": "one", "B": {"value": 5, "required": false}, "C": {"generator": "secret"},
            "D": {"description": "d"}, "E": null, "F": true},
    "formation": {"web": {"quantity": 0, "size": "Standard-1X"}, "worker": {}},
    "buildpacks": [{"url": "heroku/nodejs"}, {"url": "https://x/y"}],
    "scripts": {"postdeploy": {"command": "rake seed", "size": "basic"}, "test": "x"},
    "healthchecks": {"web": {}}, "cron": [{"command": "x", "schedule": "@daily"}]})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->env.size(), 6u);
  EXPECT_EQ(parsed->env.at("B").value, "5");
  EXPECT_FALSE(parsed->env.at("B").required);
  EXPECT_TRUE(parsed->env.at("C").generated);
  EXPECT_TRUE(parsed->env.at("E").required);
  EXPECT_EQ(parsed->env.at("F").value, "true");
  EXPECT_EQ(parsed->formation.at("web").quantity, 0u);
  EXPECT_FALSE(parsed->formation.at("worker").quantity);
  EXPECT_THAT(parsed->buildpacks, ElementsAre("heroku/nodejs", "https://x/y"));
  EXPECT_EQ(parsed->postdeploy, "rake seed");
  EXPECT_EQ(parsed->healthchecks, R"({"web":{}})");
  EXPECT_EQ(cron_text(parsed->cron), R"([{"command":"x","schedule":"@daily"}])");
  EXPECT_TRUE(AppJson::parse("\xef\xbb\xbf{}"));
}

TEST(AppJsonText, ErrorsNameTheField) {
  EXPECT_EQ(refused(R"({"env": {"SECRET": {"generator": "uuid"}}})"),
            "app.json: env.SECRET.generator must be \"secret\"");
  EXPECT_EQ(refused(R"({"env": {"A": {"required": "yes"}}})"),
            "app.json: env.A.required must be true or false");
  EXPECT_THAT(refused(R"({"env": {"A B": "x"}})"), HasSubstr("env.A B is no variable's name"));
  EXPECT_THAT(refused(R"({"env": {"A": []}})"), HasSubstr("env.A must be a text"));
  EXPECT_THAT(refused(R"({"env": []})"), HasSubstr("env must be an object"));
  EXPECT_THAT(refused(R"({"formation": {"web": {"quantity": 1.5}}})"),
              HasSubstr("formation.web.quantity must be a whole number"));
  EXPECT_THAT(refused(R"({"buildpacks": [{}]})"), HasSubstr("buildpacks[0].url is missing"));
  EXPECT_THAT(refused(R"({"buildpacks": {}})"), HasSubstr("buildpacks must be a list"));
  EXPECT_THAT(refused(R"({"scripts": {"postdeploy": 7}})"), HasSubstr("scripts.postdeploy must"));
  EXPECT_THAT(refused(R"({"cron": [{"command": "x", "schedule": "x"}]})"),
              HasSubstr("cron[0].schedule"));
  EXPECT_THAT(refused("{\n  \"a\": 1,\n}"), HasSubstr("app.json: line 3, column"));
  EXPECT_THAT(refused("[1]"), HasSubstr("app.json: must be an object"));
}

TEST(AppJsonText, HasLimits) {
  EXPECT_THAT(refused(std::string(300 * 1024, ' ')), HasSubstr("larger than"));
  EXPECT_THAT(refused(std::string(100'000, '[')), HasSubstr("nests more than"));
  EXPECT_EQ(refused(R"({"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \" [["})"), "accepted");
}

TEST_F(Variables, DefaultsAndSecretsFillWhatIsMissing) {
  const auto first = given(R"({"A": "one", "HAS": "never", "S": {"generator": "secret"},
                               "M": {"value": "m", "required": false}, "N": {"required": false}})",
                           Deploy::first);
  ASSERT_TRUE(first);
  EXPECT_THAT(*first, UnorderedElementsAre(Pair("A", "one"), Pair("M", "m"),
                                           Pair("S", testing::SizeIs(64))));
  const auto later =
      given(R"({"A": "one", "M": {"value": "m", "required": false}})", Deploy::later);
  EXPECT_THAT(later.value(), UnorderedElementsAre(Pair("A", "one"))) << "M was taken away";
}

TEST_F(Variables, WhatOnlyTheOwnerCanGiveIsAskedForWithTheCommand) {
  const auto missing =
      given(R"({"KEY": {"description": "of the shop"}, "URL": {}, "A": "one"})", Deploy::later);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("KEY: of the shop"));
  EXPECT_THAT(missing.error().message, HasSubstr("davit config:set KEY=... URL=... -a blog"));
}

TEST(Cron, ErrorsNameTheField) {
  const auto with = [](const std::string& job) {
    return refused(R"({"cron": [{"command": "x", "schedule": "@daily"}, )" + job + "]}");
  };
  EXPECT_THAT(with(R"({"command": "y", "schedule": "0 0 30 2 *"})"),
              HasSubstr("app.json: cron[1].schedule names a day that never comes"));
  EXPECT_THAT(with(R"({"command": "y"})"), HasSubstr("cron[1].schedule is missing"));
  EXPECT_THAT(with(R"({"command": " ", "schedule": "@daily"})"),
              HasSubstr("cron[1].command is missing"));
  EXPECT_THAT(with(R"({"command": "a\u0000", "schedule": "@daily"})"),
              HasSubstr("cron[1].command must not hold a NUL"));
  EXPECT_THAT(with(R"({"command": "x", "schedule": "@daily"})"),
              HasSubstr("cron[1] is the same job as cron[0]"));
  EXPECT_THAT(with(R"({"command": "y", "schedule": "@daily", "maintenance": 1})"),
              HasSubstr("cron[1].maintenance must be true or false"));
  EXPECT_EQ(with(R"({"command": "x", "schedule": "@hourly"})"), "accepted");
}

TEST(Cron, WhatIsKeptIsReadAgain) {
  const std::vector<CronJob> jobs{{"x", "@daily"}, {"y \"z\"", "* * * * *", true}};
  const auto again = cron_jobs(cron_text(jobs));
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[1].command, jobs[1].command);
  EXPECT_TRUE(again[1].maintenance);
  EXPECT_EQ(again[0].id(), jobs[0].id());
  EXPECT_NE(again[0].id(), again[1].id());
  EXPECT_EQ(again[0].id().size(), 8u);
  // An older Davit took days that never come.
  EXPECT_EQ(cron_jobs(R"([{"command": "x", "schedule": "0 0 31 4 *"},
                          {"command": "x", "schedule": "@daily"}])")
                .size(),
            1u);
  EXPECT_TRUE(cron_jobs("").empty());
  EXPECT_TRUE(cron_jobs("{").empty());
}

}  // namespace
}  // namespace davit::app_json
