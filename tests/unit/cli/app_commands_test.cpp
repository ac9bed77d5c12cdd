#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "api_server.hpp"
#include "davit_program.hpp"

namespace davit::test {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

json app_json(const std::string& name) {
  return {{"id", "01234567-89ab-cdef-0123-456789abcdef"},
          {"name", name},
          {"web_url", "http://" + name + ".localhost:8080/"},
          {"git_url", "http://git.localhost:8080/" + name + ".git"},
          {"owner", {{"id", "01234567-89ab-cdef-0123-456789abcdef"}, {"email", "me@example.com"}}},
          {"stack", {{"name", "davit-12"}}},
          {"maintenance", false},
          {"repo_size", 0},
          {"slug_size", 1'500'000},
          {"created_at", "2026-01-01T00:00:00Z"}};
}

// A server that knows the app "blog".
Answer answer_about_apps(const SeenRequest& request) {
  const std::string at = request.method + " " + request.target;
  if (at == "POST /apps") {
    const auto body = json::parse(request.body);
    if (body.value("name", "") == "taken") {
      return {422, R"({"id":"invalid_params","message":"Name taken is already taken"})"};
    }
    return {201, app_json(body.value("name", "brave-otter-4711")).dump()};
  }
  if (at == "GET /apps") return {200, json::array({app_json("blog"), app_json("shop")}).dump()};
  if (at == "GET /account") return {200, R"({"email":"me@example.com"})"};
  if (at == "GET /apps/blog" || at == "DELETE /apps/blog" || at == "PATCH /apps/blog") {
    return {200, app_json("blog").dump()};
  }
  if (at == "GET /apps/blog/formation" || at == "PATCH /apps/blog/formation") {
    return {
        200,
        R"([{"type":"web","quantity":2,"size":"basic"},{"type":"worker","quantity":1,"size":"basic"}])"};
  }
  if (at == "GET /apps/blog/dynos") {
    return {200, R"([
      {"name":"web.10","type":"web","size":"basic","state":"up","command":"node x","updated_at":"2026-01-01T00:00:00Z"},
      {"name":"web.2","type":"web","size":"basic","state":"crashed","command":"node x","updated_at":"2026-01-01T00:00:00Z"}])"};
  }
  if (at == "DELETE /apps/blog/dynos" || at == "DELETE /apps/blog/dynos/web.1" ||
      at == "DELETE /apps/blog/formations/web" ||
      at == "POST /apps/blog/dynos/web.1/actions/stop") {
    return {202, "{}"};
  }
  if (request.target == "/apps/blog/config-vars") return {200, R"({"A":"1","LONGER":"two words"})"};
  if (at == "GET /apps/blog/releases") {
    return {206, R"([
      {"id":"r7","version":7,"description":"Set A","status":"succeeded","current":true,"eligible_for_rollback":true,
       "user":{"email":"me@example.com"},"created_at":"2026-01-01T00:00:00Z"},
      {"id":"r6","version":6,"description":"Deploy 12345678","status":"succeeded","current":false,
       "eligible_for_rollback":true,"user":{"email":"me@example.com"},"created_at":"2026-01-01T00:00:00Z"}])"};
  }
  if (at == "GET /apps/blog/releases/6") return {200, R"({"id":"r6","version":6})"};
  if (at == "POST /apps/blog/releases") return {201, R"({"id":"r8","version":8})"};
  if (at == "GET /davit/why/blog") {
    return {
        200,
        R"({"problems":[{"code":"R10","subject":"web.1","message":"did not listen","because":["it is slow"],"next":"bind to $PORT"}]})"};
  }
  return {404, R"({"id":"not_found","message":"Couldn't find that app."})"};
}

class AppCommands : public testing::Test {
 protected:
  AppCommands() {
    davit_.env["DAVIT_URL"] = server_.url();
    davit_.env["DAVIT_API_KEY"] = "secret-key";
  }
  ApiServer server_{answer_about_apps};
  DavitProgram davit_;
};

TEST_F(AppCommands, CreateAddsTheGitRemoteAndPrintsBothUrls) {
  davit_.git({"init", "-q"});
  const auto ended = davit_.run({"create", "blog"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.out, "http://blog.localhost:8080/ | http://git.localhost:8080/blog.git\n");
  EXPECT_EQ(ended.err, "Creating ⬢ blog... done\n");
  EXPECT_EQ(davit_.git({"remote", "get-url", "davit"}).out, "http://git.localhost:8080/blog.git\n");
  EXPECT_EQ(server_.seen().front().fields["authorization"], "Bearer secret-key");
}

TEST_F(AppCommands, CreateWithoutANameAsksTheServerForOne) {
  const auto ended = davit_.run({"create"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("⬢ brave-otter-4711"));
  EXPECT_THAT(server_.lines(), ElementsAre("POST /apps {}"));
}

TEST_F(AppCommands, AnErrorOfTheServerIsToldInItsWordsAndExitsWith2) {
  const auto ended = davit_.run({"create", "taken"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(
      ended.err,
      "Creating ⬢ taken... !\n !    Name taken is already taken\n !    Error ID: invalid_params\n");
}

TEST_F(AppCommands, AppsListsThemAndJsonIsTheServersOwn) {
  const auto text = davit_.run({"apps"});
  EXPECT_EQ(text.out, "=== me@example.com Apps\n\nblog\nshop\n\n") << text.err;
  const auto list = json::parse(davit_.run({"apps", "--json"}).out);
  EXPECT_EQ(list.at(1).at("name"), "shop");
}

TEST_F(AppCommands, TheAppComesFromTheGitRemote) {
  davit_.git({"init", "-q"});
  davit_.git({"remote", "add", "davit", "http://git.localhost:8080/blog.git"});
  const auto ended = davit_.run({"maintenance"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.out, "off\n");
}

TEST_F(AppCommands, WithoutAnyAppTheMessageSaysHowToNameOne) {
  const auto ended = davit_.run({"ps"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("--app"));
}

TEST_F(AppCommands, PsSortsDynosByNumber) {
  const auto ended = davit_.run({"ps", "-a", "blog"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_THAT(ended.out,
              HasSubstr("=== web (basic): node x (2)\n\nweb.2: crashed 2026/01/01 00:00:00 +0000"));
  EXPECT_LT(ended.out.find("web.2:"), ended.out.find("web.10:"));
}

TEST_F(AppCommands, PsScaleSendsQuantitiesWithTheirSigns) {
  const auto ended = davit_.run({"ps:scale", "web=2", "worker+1", "clock-worker-1", "-a", "blog"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  const auto seen = server_.seen();
  const auto updates = json::parse(seen.back().body).at("updates");
  EXPECT_EQ(updates,
            json::parse(R"([{"type":"web","quantity":"2"},{"type":"worker","quantity":"+1"},
                                     {"type":"clock-worker","quantity":"-1"}])"));
  EXPECT_EQ(ended.err, "Scaling dynos... done, now running web at 2:basic, worker at 1:basic\n");
  EXPECT_EQ(davit_.run({"ps:scale", "-a", "blog"}).out, "web=2:basic worker=1:basic\n");
}

TEST_F(AppCommands, AMalformedScaleIsRefusedBeforeTheServerIsAsked) {
  for (const char* word : {"web", "web=", "=2", "web=two", "web=-1", "we/b=1", "web=123456"}) {
    const auto ended = davit_.run({"ps:scale", word, "-a", "blog"});
    EXPECT_EQ(ended.status, 1) << word << ended.err;
  }
  EXPECT_TRUE(server_.lines().empty());
}

TEST_F(AppCommands, RestartAndStopReachAllOneOrAType) {
  davit_.run({"ps:restart", "-a", "blog"});
  davit_.run({"ps:restart", "web.1", "-a", "blog"});
  davit_.run({"ps:restart", "-p", "web", "-a", "blog"});
  const auto stopped = davit_.run({"ps:stop", "web.1", "-a", "blog"});
  EXPECT_EQ(stopped.err, "Stopping web.1 dyno on ⬢ blog... done\n");
  EXPECT_THAT(server_.lines(),
              ElementsAre("DELETE /apps/blog/dynos", "DELETE /apps/blog/dynos/web.1",
                          "DELETE /apps/blog/formations/web",
                          "POST /apps/blog/dynos/web.1/actions/stop {}"));
}

TEST_F(AppCommands, ConfigSetTellsTheReleaseAndNeverTheValues) {
  const auto ended = davit_.run({"config:set", "A=1", "B=hush two=words", "-a", "blog"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "Setting A, B and restarting ⬢ blog... done, v7\n");
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(json::parse(server_.seen().front().body),
            json::parse(R"({"A":"1","B":"hush two=words"})"));
}

TEST_F(AppCommands, ConfigSetDoesNotRepeatAWordThatMayBeASecret) {
  const auto ended = davit_.run({"config:set", "hunter2", "-a", "blog"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, testing::Not(HasSubstr("hunter2")));
  EXPECT_TRUE(server_.lines().empty());
}

TEST_F(AppCommands, ConfigPrintsAlignedShellAndSingleValues) {
  EXPECT_EQ(davit_.run({"config", "-a", "blog"}).out,
            "=== blog Config Vars\n\nA:      1\nLONGER: two words\n");
  EXPECT_EQ(davit_.run({"config", "-s", "-a", "blog"}).out, "A=1\nLONGER='two words'\n");
  EXPECT_EQ(davit_.run({"config:get", "LONGER", "-a", "blog"}).out, "two words\n");
}

TEST_F(AppCommands, ConfigUnsetSendsNull) {
  EXPECT_EQ(davit_.run({"config:unset", "A", "-a", "blog"}).status, 0);
  EXPECT_THAT(server_.lines(), Contains(R"(PATCH /apps/blog/config-vars {"A":null})"));
}

TEST_F(AppCommands, ReleasesAlignsItsColumns) {
  EXPECT_EQ(davit_.run({"releases", "-a", "blog"}).out,
            "=== blog Releases - Current: v7\n\n"
            "v7  Set A            me@example.com  2026/01/01 00:00:00 +0000\n"
            "v6  Deploy 12345678  me@example.com  2026/01/01 00:00:00 +0000\n");
}

TEST_F(AppCommands, RollbackTakesTheOneBeforeOrTheOneNamed) {
  EXPECT_THAT(davit_.run({"rollback", "-a", "blog"}).err, HasSubstr("to v6... done, v8"));
  EXPECT_EQ(davit_.run({"rollback", "v6", "-a", "blog"}).status, 0);
  EXPECT_THAT(server_.lines(), Contains(R"(POST /apps/blog/releases {"release":"r6"})").Times(2));
}

TEST_F(AppCommands, DestroyNeedsTheNameAndRemovesTheRemote) {
  davit_.git({"init", "-q"});
  davit_.git({"remote", "add", "davit", "http://git.localhost:8080/blog.git"});
  EXPECT_EQ(davit_.run({"apps:destroy", "-a", "blog", "--confirm", "shop"}).status, 1);
  EXPECT_EQ(davit_.run({"apps:destroy", "-a", "blog"}).status, 1);  // no terminal to ask on
  EXPECT_THAT(server_.lines(), testing::Not(Contains("DELETE /apps/blog")));
  EXPECT_EQ(davit_.run({"apps:destroy", "--confirm", "blog"}).status, 0);
  EXPECT_THAT(server_.lines(), Contains("DELETE /apps/blog"));
  EXPECT_EQ(davit_.git({"remote"}).out, "");
}

TEST_F(AppCommands, WhyPrintsTheChainWithWhatToDo) {
  EXPECT_EQ(davit_.run({"why", "blog"}).out,
            "R10  web.1: did not listen\n     because it is slow\n     → bind to $PORT\n");
}

TEST_F(AppCommands, OpenPrintsTheUrl) {
  EXPECT_EQ(davit_.run({"open", "-a", "blog", "admin"}).out, "http://blog.localhost:8080/admin\n");
}

}  // namespace
}  // namespace davit::test
