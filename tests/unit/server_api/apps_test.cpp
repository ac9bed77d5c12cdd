#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class AppsTest : public ApiTest {
 protected:
  std::string message(const Answer& answer) { return answer.json.value("message", ""); }
};

TEST_F(AppsTest, AnAppWithoutANameGetsAFriendlyOne) {
  const auto made = ask({"POST", "/apps", "", {}});
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string name = made.json["name"];
  EXPECT_TRUE(AppName::parse(name)) << name;
  EXPECT_EQ(std::count(name.begin(), name.end(), '-'), 2) << name;
  EXPECT_EQ(lifecycle_.names, std::vector<std::string>{name});
  EXPECT_EQ(made.json["web_url"], "http://" + name + ".localhost:8080/");
  EXPECT_EQ(made.json["git_url"], "http://localhost:8080/" + name + ".git");
}

TEST_F(AppsTest, ATakenNameIsRefusedInTheVendorsWords) {
  make_app("blog");
  const auto taken = ask({"POST", "/apps", R"({"name":"blog"})", {}, other_});
  EXPECT_EQ(taken.status, 422);
  EXPECT_EQ(taken.json["id"], "invalid_params");
  EXPECT_EQ(message(taken), "Name blog is already taken");
}

TEST_F(AppsTest, BadNamesAndForeignRegionsAreRefused) {
  for (const char* name : {"../x", "a", "UPPER", "x--", "with space", ""}) {
    EXPECT_EQ(send("POST", "/apps", {{"name", name}}).status, 422) << name;
  }
  EXPECT_EQ(send("POST", "/apps", {{"region", "eu"}}).status, 422);
  EXPECT_EQ(send("POST", "/apps", {{"name", 7}}).status, 422);
  EXPECT_EQ(send("POST", "/apps", {{"region", {{"name", "local"}}}}).status, 201);
}

TEST_F(AppsTest, AnAppWhoseRepositoryCannotBeMadeLeavesNothing) {
  lifecycle_.broken = true;
  const auto made = send("POST", "/apps", {{"name", "blog"}});
  EXPECT_EQ(made.status, 500);
  EXPECT_EQ(message(made).find("repository"), std::string::npos)
      << "our own faults stay in the log";
  EXPECT_EQ(get("/apps/blog").status, 404);
  lifecycle_.broken = false;
  EXPECT_EQ(send("POST", "/apps", {{"name", "blog"}}).status, 201);
}

TEST_F(AppsTest, RenamingAndMaintenanceAreToldToTheSupervisorAndTheLog) {
  const auto app = make_app("blog");
  make_app("shop");
  EXPECT_EQ(send("PATCH", "/apps/blog", {{"name", "shop"}}).status, 422);
  const auto changed = send("PATCH", "/apps/blog", {{"name", "news"}, {"maintenance", true}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.json["name"], "news");
  EXPECT_EQ(changed.json["maintenance"], true);
  EXPECT_EQ(supervisor_.changes, std::vector<AppId>{app.id});
  const std::string log = logs_.all(app.id);
  EXPECT_NE(log.find("app[api]: Renamed to news by user owner@example.org"), std::string::npos);
  EXPECT_NE(log.find("Enabled maintenance mode"), std::string::npos);
  EXPECT_EQ(send("PATCH", "/apps/news", {{"maintenance", true}}).status, 200);
  EXPECT_EQ(supervisor_.changes.size(), 1u) << "nothing changed, nothing to look at";
}

TEST_F(AppsTest, DestroyingAnswersWithTheAppThatWas) {
  make_app("blog");
  const auto gone = ask({"DELETE", "/apps/blog", "", {}});
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(gone.json["name"], "blog");
  EXPECT_EQ(get("/apps/blog").status, 404);
}

TEST_F(AppsTest, ListsArePagedByRange) {
  for (int i = 0; i < 5; ++i) make_app(fmt::format("app-{}", i));
  auto answer = ask({"GET", "/apps", "", {{"Range", "name ..; max=2"}}});
  std::vector<std::string> names;
  for (int pages = 0; pages < 5; ++pages) {
    for (const auto& app : answer.json) names.push_back(app["name"]);
    if (answer.status != 206) break;
    const std::string next(answer.fields.get("Next-Range"));
    answer = ask({"GET", "/apps", "", {{"Range", next}}});
  }
  EXPECT_EQ(names, (std::vector<std::string>{"app-0", "app-1", "app-2", "app-3", "app-4"}));
  EXPECT_EQ(ask({"GET", "/apps", "", {{"Range", "bytes=0-9"}}}).status, 416);
}

TEST_F(AppsTest, ConfigVarsAreSetRemovedAndAnsweredWhole) {
  make_app("blog");
  EXPECT_EQ(get("/apps/blog/config-vars").body, "{}");
  const auto set = send("PATCH", "/apps/blog/config-vars", {{"A", "1"}, {"B", "two words"}});
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(set.json, (nlohmann::json{{"A", "1"}, {"B", "two words"}}));
  const auto unset = send("PATCH", "/apps/blog/config-vars", {{"A", nullptr}});
  EXPECT_EQ(unset.json, (nlohmann::json{{"B", "two words"}}));
  EXPECT_EQ(get("/apps/blog/releases/2/config-vars").json.size(), 2u);
  EXPECT_EQ(get("/apps/blog/releases/v3/config-vars").json.size(), 1u);
}

TEST_F(AppsTest, BadConfigIsRefusedWithoutItsValueAndMakesNoRelease) {
  make_app("blog");
  const auto number = send("PATCH", "/apps/blog/config-vars", {{"A", 1}});
  EXPECT_EQ(number.status, 422);
  EXPECT_EQ(message(number).substr(0, 2), "A:");
  const auto nul = ask({"PATCH", "/apps/blog/config-vars", R"({"KEY":"sec\u0000ret"})", {}});
  EXPECT_EQ(nul.status, 422);
  EXPECT_EQ(message(nul).find("sec"), std::string::npos);
  EXPECT_EQ(send("PATCH", "/apps/blog/config-vars", {{"bad key", "x"}}).status, 422);
  const std::string big(70'000, 'x');
  const auto too_big = send("PATCH", "/apps/blog/config-vars", {{"A", big}});
  EXPECT_EQ(too_big.status, 422);
  EXPECT_EQ(message(too_big),
            "An app's config vars can have 65536 bytes, names and values together; this would make "
            "70001. Keep large data in files or a store.");
  auto many = nlohmann::json::object();
  for (int i = 0; i < 513; ++i) many[fmt::format("V{}", i)] = "x";
  const auto too_many = send("PATCH", "/apps/blog/config-vars", many);
  EXPECT_EQ(too_many.status, 422);
  EXPECT_EQ(message(too_many), "An app can have 512 config vars; this would make 513.");
  EXPECT_EQ(get("/apps/blog/releases").json.size(), 1u);
}

TEST_F(AppsTest, BrokenJsonIsNamedByPosition) {
  make_app("blog");
  const auto answer = ask({"PATCH", "/apps/blog/config-vars", "{\"A\":\n  oops}", {}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.json["id"], "bad_request");
  EXPECT_NE(message(answer).find("line 2, column 3"), std::string::npos) << message(answer);
  EXPECT_EQ(ask({"PATCH", "/apps/blog/config-vars", "[1]", {}}).status, 422);
  EXPECT_EQ(ask({"PATCH", "/apps/blog/config-vars", std::string(5000, '['), {}}).status, 400);
}

TEST_F(AppsTest, ABodyOverTheLimitIsTooLarge) {
  make_app("blog");
  const std::string body = "{\"A\":\"" + std::string(1100 * 1024, 'x') + "\"}";
  EXPECT_EQ(ask({"PATCH", "/apps/blog/config-vars", body, {}}).status, 413);
}

}  // namespace
}  // namespace davit::test
