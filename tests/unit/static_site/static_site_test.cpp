#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "buildpacks/static/server/http_fields.hpp"
#include "buildpacks/static/server/request_path.hpp"
#include "buildpacks/static/server/site.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::static_site {
namespace {
namespace fs = std::filesystem;

TEST(RequestPath, IsDecodedAndNormal) {
  EXPECT_EQ(parse_target("/a%20b//c?x=/..").path->file(), "a b/c");
  EXPECT_EQ(parse_target("http://host/x").path->file(), "x");
  EXPECT_TRUE(parse_target("/").path->segments.empty());
  EXPECT_EQ(parse_target("//evil.com/x/").path->url(), "/evil.com/x/");
  EXPECT_EQ(parse_target("/%C3%A4 <").path->url(), "/%C3%A4%20%3C");
}

TEST(RequestPath, WhatCouldLeaveTheFolderIsRefused) {
  for (const char* target :
       {"/../x", "/a/%2e%2e/x", "/..%2fx", "/a%00b", "/%", "/%g1", "x", "*", "", "/./x"}) {
    EXPECT_FALSE(parse_target(target).path) << target;
  }
  EXPECT_FALSE(parse_target("/" + std::string(3000, 'a')).path);
}

TEST(RequestPath, DotfilesAreHiddenExceptWellKnown) {
  EXPECT_EQ(parse_target("/.env").error, PathError::hidden);
  EXPECT_FALSE(parse_target("/a/.git/config").path);
  EXPECT_FALSE(parse_target("/a/.well-known/x").path);
  EXPECT_TRUE(parse_target("/.well-known/acme").path);
}

TEST(ByteRange, FollowsRfc9110) {
  const auto part = [](std::string_view text, std::uint64_t size) {
    return parse_range(text, size);
  };
  EXPECT_EQ(part("bytes=0-3", 10).range.last, 3u);
  EXPECT_EQ(part("bytes=5-", 10).range.last, 9u);
  EXPECT_EQ(part("bytes=-3", 10).range.first, 7u);
  EXPECT_EQ(part("bytes=-30", 10).range.first, 0u);
  EXPECT_EQ(part("bytes=3-999", 10).range.last, 9u);
  EXPECT_EQ(part("bytes=10-", 10).kind, RangeKind::unsatisfiable);
  EXPECT_EQ(part("bytes=-0", 10).kind, RangeKind::unsatisfiable);
  EXPECT_EQ(part("bytes=0-", 0).kind, RangeKind::unsatisfiable);
  for (const char* text : {"bytes=3-1", "bytes=a-b", "bytes=0-1,4-5", "lines=1-2", "bytes=-",
                           "bytes=99999999999999999999-"}) {
    EXPECT_EQ(part(text, 10).kind, RangeKind::whole) << text;
  }
}

TEST(HttpDate, RoundTrips) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_FALSE(parse_http_date("yesterday"));
}

TEST(SiteConfigJson, ErrorsNameTheField) {
  for (const auto& [json, field] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "JSON object"},
           {"{\"clean_urls\": 1}", "clean_urls"},
           {"{\"error_page\": \"../x\"}", "error_page"},
           {"{\"routes\": {\"/**\": 3}}", "routes"},
           {"{\"routes\": []}", "routes"},
           {"{\"headers\": {\"/\": {\"A\\r\\nB\": \"x\"}}}", "headers"},
           {"{\"headers\": {\"/\": {\"A\": \"x\\r\\nB: y\"}}}", "headers"},
           {"{\"headers\": {\"/\": {\"Content-Length\": \"1\"}}}", "headers"}}) {
    const auto parsed = parse_site_config(json);
    ASSERT_TRUE(std::holds_alternative<std::string>(parsed)) << json;
    EXPECT_NE(std::get<std::string>(parsed).find(field), std::string::npos) << json;
  }
}

TEST(RouteMatches, StarsKnowSlashes) {
  EXPECT_TRUE(route_matches("/**", "/"));
  EXPECT_TRUE(route_matches("/assets/**", "/assets/a/b"));
  EXPECT_FALSE(route_matches("/assets/**", "/about"));
  EXPECT_TRUE(route_matches("/*.css", "/a.css"));
  EXPECT_FALSE(route_matches("/*.css", "/a/b.css"));
  EXPECT_TRUE(route_matches("/**/*.css", "/a/b/c.css"));
  EXPECT_TRUE(route_matches("/a", "/a"));
}

class SiteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("index.html", "home");
    write("about.html", "about");
    write("docs/index.html", "docs");
    write("app.js", "0123456789");
    write(".secret", "no");
    write("../outside", "root's");
    fs::create_symlink("../outside", dir_.path() / "site/leak");
    fs::create_symlink("app.js", dir_.path() / "site/alias.js");
  }
  void write(const std::string& name, std::string_view text) {
    const fs::path path = dir_.path() / "site" / name;
    fs::create_directories((dir_.path() / "site" / name).parent_path());
    std::ofstream(path.lexically_normal(), std::ios::binary) << text;
  }
  Answer get(const std::string& target, Query query = {}, const char* config = "{}") {
    auto site = Site::open(dir_.str("site"), std::get<SiteConfig>(parse_site_config(config)));
    if (query.method.empty()) query.method = "GET";
    query.target = target;
    return site->answer(query);
  }
  static std::string header(const Answer& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers) {
      if (key == name) return value;
    }
    return {};
  }
  test::TempDir dir_;
};

TEST_F(SiteTest, ServesFilesIndexesAndCleanUrls) {
  EXPECT_EQ(get("/").status, 200);
  EXPECT_EQ(get("/about").status, 200);
  EXPECT_EQ(header(get("/about"), "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get("/docs").status, 301);
  EXPECT_EQ(header(get("/docs"), "Location"), "/docs/");
  EXPECT_EQ(get("/docs/").body_bytes, 4u);
  EXPECT_EQ(get("/alias.js").status, 200);
  EXPECT_EQ(get("/app.js/").status, 404);
  EXPECT_EQ(get("/about", {}, "{\"clean_urls\": false}").status, 404);
}

TEST_F(SiteTest, LinksOutOfTheFolderAndDotfilesAreMissing) {
  EXPECT_EQ(get("/leak").status, 404);
  EXPECT_EQ(get("/.secret").status, 404);
  EXPECT_EQ(get("/../outside").status, 400);
}

TEST_F(SiteTest, ASinglePageAppFallsBackButKeepsItsFiles) {
  const char* config = "{\"routes\": {\"/**\": \"index.html\"}}";
  EXPECT_EQ(get("/deep/link", {}, config).status, 200);
  EXPECT_EQ(get("/app.js", {}, config).body_bytes, 10u);
  EXPECT_EQ(get("/.secret", {}, config).status, 404);
}

TEST_F(SiteTest, TheErrorPageIsServedWith404) {
  EXPECT_EQ(get("/none").text, "Not found\n");
  write("404.html", "custom");
  EXPECT_EQ(get("/none").status, 404);
  EXPECT_EQ(get("/none").body_bytes, 6u);
}

TEST_F(SiteTest, AnswersConditionsAndRanges) {
  const Answer whole = get("/app.js");
  Query query;
  query.if_none_match = "\"x\", W/" + header(whole, "ETag");
  EXPECT_EQ(get("/app.js", query).status, 304);
  query = {};
  query.if_modified_since = header(whole, "Last-Modified");
  EXPECT_EQ(get("/app.js", query).status, 304);
  query = {};
  query.range = "bytes=2-4";
  EXPECT_EQ(get("/app.js", query).status, 206);
  EXPECT_EQ(header(get("/app.js", query), "Content-Range"), "bytes 2-4/10");
  query.if_range = "\"old\"";
  EXPECT_EQ(get("/app.js", query).status, 200);
  query = {};
  query.range = "bytes=50-";
  EXPECT_EQ(get("/app.js", query).status, 416);
}

TEST_F(SiteTest, OnlyGetAndHeadAreServed) {
  Query query;
  query.method = "DELETE";
  const Answer answer = get("/", query);
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(header(answer, "Allow"), "GET, HEAD");
}

TEST_F(SiteTest, ConfiguredHeadersFollowTheirPattern) {
  const char* config = "{\"headers\": {\"/*.js\": {\"Cache-Control\": \"no-store\"}}}";
  EXPECT_EQ(header(get("/app.js", {}, config), "Cache-Control"), "no-store");
  EXPECT_EQ(header(get("/", {}, config), "Cache-Control"), "");
}

}  // namespace
}  // namespace davit::static_site
