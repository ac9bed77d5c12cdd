// Every endpoint of the table is walked by those who may not use it.
#include <set>

#include "server/api/endpoints.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

using api::Access;
using api::Endpoint;
using api::endpoints;

class AccessTest : public ApiTest {
 protected:
  // The pattern with things of the owner's in place of its parameters.
  static std::string target(const Endpoint& endpoint) {
    std::string path(endpoint.pattern);
    const std::pair<const char*, const char*> values[] = {{":app", "blog"},
                                                          {":release", "1"},
                                                          {":type", "web"},
                                                          {":dyno", "web.1"},
                                                          {":domain", "blog.localhost"},
                                                          {":user", "owner@example.org"}};
    for (const auto& [name, value] : values) {
      const auto at = path.find(name);
      if (at != std::string::npos) path.replace(at, std::string(name).size(), value);
    }
    while (path.find(':') != std::string::npos) {
      const auto at = path.find(':');
      path.replace(at, path.find('/', at) - at, "x");
    }
    return path;
  }
  static std::string name(const Endpoint& endpoint) {
    return std::string(endpoint.method) + " " + std::string(endpoint.pattern);
  }
};

TEST_F(AccessTest, EveryEndpointHasAHandlerAndItsPatternFindsIt) {
  for (const auto& endpoint : endpoints()) {
    ASSERT_NE(endpoint.handle, nullptr) << name(endpoint);
    const auto match = api::find_endpoint(endpoint.method, target(endpoint));
    ASSERT_NE(match.endpoint, nullptr) << name(endpoint);
    EXPECT_EQ(name(*match.endpoint), name(endpoint)) << "an earlier entry hides it";
  }
}

TEST_F(AccessTest, WhatNamesAnAppIsCheckedForThatApp) {
  const std::set<std::string> open = {"GET /health",
                                      "PUT /sources/:secret",
                                      "GET /sources/:secret",
                                      "GET /logs/:secret",
                                      "GET /streams/runs/:ticket",
                                      "GET /streams/builds/:build/:signature",
                                      "GET /streams/releases/:release/:signature"};
  for (const auto& endpoint : endpoints()) {
    const bool of_app = endpoint.pattern.find(":app") != std::string_view::npos;
    EXPECT_EQ(of_app, endpoint.access == Access::app) << name(endpoint);
    EXPECT_EQ(open.contains(name(endpoint)), endpoint.access == Access::open) << name(endpoint);
  }
}

TEST_F(AccessTest, NothingIsAnsweredWithoutCredentials) {
  make_app("blog");
  for (const auto& endpoint : endpoints()) {
    if (endpoint.access == Access::open) continue;
    const auto answer = ask({std::string(endpoint.method), target(endpoint), "{}", {}, "-"});
    EXPECT_EQ(answer.status, 401) << name(endpoint);
    EXPECT_EQ(answer.json["id"], "unauthorized") << name(endpoint);
    EXPECT_TRUE(answer.fields.has("WWW-Authenticate")) << name(endpoint);
  }
}

TEST_F(AccessTest, MalformedAndWrongTokensAreRefusedEverywhere) {
  make_app("blog");
  const std::string wrong = "DVT-" + std::string(43, 'a');
  for (const auto& header : {std::string("Bearer x"), "Bearer " + wrong, std::string("Basic ???"),
                             std::string("Bearer DVT-' OR 1=1 --"), std::string("nonsense")}) {
    for (const auto& endpoint : endpoints()) {
      if (endpoint.access == Access::open) continue;
      const auto answer =
          ask({std::string(endpoint.method), target(endpoint), "{}", {{"Authorization", header}}});
      EXPECT_EQ(answer.status, 401) << name(endpoint) << " with " << header;
    }
  }
}

TEST_F(AccessTest, AnotherUsersAppDoesNotExist) {
  make_app("blog");
  for (const auto& endpoint : endpoints()) {
    if (endpoint.access != Access::app) continue;
    const auto answer = ask({std::string(endpoint.method), target(endpoint), "{}", {}, other_});
    EXPECT_EQ(answer.status, 404) << name(endpoint);
    EXPECT_EQ(answer.json["message"], "Couldn't find that app.") << name(endpoint);
  }
  EXPECT_EQ(get("/apps/blog").status, 200) << "nothing was changed or destroyed";
  EXPECT_EQ(ask({"GET", "/apps", "", {}, other_}).json.size(), 0u);
}

TEST_F(AccessTest, AdminEndpointsAreClosedToUsers) {
  for (const auto& endpoint : endpoints()) {
    if (endpoint.access != Access::admin) continue;
    const auto answer = ask({std::string(endpoint.method), target(endpoint), "{}", {}});
    EXPECT_EQ(answer.status, 403) << name(endpoint);
  }
}

TEST_F(AccessTest, AnAdminMayUseEveryApp) {
  const auto app = make_app("blog");
  EXPECT_EQ(ask({"GET", "/apps/blog", "", {}, admin_}).status, 200);
  EXPECT_EQ(ask({"GET", "/apps/" + app.id.str(), "", {}, admin_}).status, 200);
  EXPECT_EQ(ask({"GET", "/apps", "", {}, admin_}).json.size(), 1u);
  EXPECT_EQ(ask({"GET", "/users/~/apps", "", {}, admin_}).json.size(), 0u);
}

TEST_F(AccessTest, AnotherAppsReleaseOrBuildIsNotReachedThroughOnesOwn) {
  const auto mine = make_app("blog");
  const auto shop = ask({"POST", "/apps", R"({"name":"shop"})", {}, other_});
  ASSERT_EQ(shop.status, 201);
  const auto theirs = stores_.apps.find(AppName::parse("shop").value()).value();
  const auto release = stores_.releases.latest(theirs.id).value();
  EXPECT_EQ(get("/apps/blog/releases/" + release.id.str()).status, 404);
  EXPECT_EQ(get("/apps/blog/releases/" + release.id.str() + "/config-vars").status, 404);
  EXPECT_EQ(send("POST", "/apps/blog/releases", {{"release", release.id.str()}}).status, 404);
}

TEST_F(AccessTest, UnknownEndpointsAreNotToldToStrangers) {
  EXPECT_EQ(ask({"GET", "/nothing/here", "", {}, "-"}).status, 401);
  const auto answer = get("/nothing/here");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.json["id"], "not_found");
  EXPECT_EQ(ask({"PUT", "/apps", "", {}}).status, 404);
}

TEST_F(AccessTest, HealthIsOpen) {
  const auto answer = ask({"GET", "/health", "", {}, "-"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json["status"], "ok");
}

TEST_F(AccessTest, OtherVersionsOfTheApiAreNotAcceptable) {
  const auto with = [&](const std::string& accept) {
    return ask({"GET", "/account", "", {{"Accept", accept}}}).status;
  };
  EXPECT_EQ(with("application/vnd.heroku+json; version=3"), 200);
  EXPECT_EQ(with("application/vnd.heroku+json; version=3.sdk"), 200);
  EXPECT_EQ(with("application/vnd.heroku+json; version=3.undefined, */*"), 200);
  EXPECT_EQ(with("*/*"), 200);
  EXPECT_EQ(with("application/vnd.heroku+json; version=2"), 406);
  EXPECT_EQ(with("application/vnd.heroku+json; version=30"), 406);
}

}  // namespace
}  // namespace davit::test
