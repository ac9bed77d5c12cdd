// Buildpacks that an app's owner sets, and deploys without git.
#include "store/statement.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class SourcesApiTest : public ApiTest {
 protected:
  SourcesApiTest() : app_(make_app("blog")) {}
  Answer set(const nlohmann::json& updates) {
    return send("PUT", "/apps/blog/buildpack-installations", {{"updates", updates}});
  }
  std::string path_of(const std::string& url) { return url.substr(url.find("/sources/")); }
  store::App app_;
};

TEST_F(SourcesApiTest, BuildpacksAreSetInOrderAndSealed) {
  const auto made = set({{{"buildpack", "heroku/nodejs"}},
                         {{"buildpack", "https://me:hunter2@example.com/p.git#v1"}}});
  ASSERT_EQ(made.status, 200) << made.body;
  const auto list = get("/apps/blog/buildpack-installations").json;
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["buildpack"]["url"], "urn:buildpack:heroku/nodejs");
  EXPECT_EQ(list[1]["ordinal"], 1);
  EXPECT_EQ(list[1]["buildpack"]["url"], "https://example.com/p.git#v1");
  EXPECT_EQ(made.body.find("hunter2"), std::string::npos);
  EXPECT_EQ(logs_.all(app_.id).find("hunter2"), std::string::npos);
  store::Statement row(*database_, "SELECT sources FROM app_buildpacks");
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.get<store::Blob>().bytes.find("example"), std::string::npos);
  EXPECT_EQ(set(nlohmann::json::array()).json.size(), 0u);
  EXPECT_TRUE(stores_.buildpacks.list(app_.id).empty());
}

// As tools do to add or remove one: what was shown comes back, and stands for what is set.
TEST_F(SourcesApiTest, ASecretStaysWhereItsBuildpackComesBackAsItWasShown) {
  ASSERT_EQ(set({{{"buildpack", "https://me:hunter2@example.com/p.git#v1"}},
                 {{"buildpack", "https://example.com/q.tgz?token=x"}}})
                .status,
            200);
  const auto list = get("/apps/blog/buildpack-installations").json;
  ASSERT_EQ(set({{{"buildpack", "heroku/nodejs"}},
                 {{"buildpack", list[1]["buildpack"]["url"]}},
                 {{"buildpack", list[0]["buildpack"]["url"]}}})
                .status,
            200);
  const std::vector<std::string> kept{"heroku/nodejs", "https://example.com/q.tgz?token=x",
                                      "https://me:hunter2@example.com/p.git#v1"};
  EXPECT_EQ(stores_.buildpacks.list(app_.id), kept);
}

TEST_F(SourcesApiTest, ABuildpackThatCannotBeIsRefusedByItsPlace) {
  const auto refused = set({{{"buildpack", "heroku/nodejs"}}, {{"buildpack", "git@host:a.git"}}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("updates[1].buildpack"), std::string::npos) << refused.body;
  EXPECT_TRUE(stores_.buildpacks.list(app_.id).empty());
}

TEST_F(SourcesApiTest, ASourceIsUploadedOnceAndTakenOnce) {
  const auto made = send("POST", "/sources", nlohmann::json::object());
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string put = path_of(made.json["source_blob"]["put_url"]);
  const std::string got = path_of(made.json["source_blob"]["get_url"]);
  EXPECT_EQ(ask({"GET", got, "", {}, "-"}).status, 409);
  EXPECT_EQ(ask({"PUT", got, "x", {}, "-"}).status, 404) << "the get URL takes nothing";
  EXPECT_EQ(ask({"PUT", put, "bytes", {}, "-"}).status, 200);
  EXPECT_EQ(ask({"PUT", put, "others", {}, "-"}).status, 404);
  EXPECT_EQ(ask({"GET", got, "", {}, "-"}).body, "bytes");
  const std::string secret = got.substr(got.rfind('/') + 1);
  EXPECT_EQ(uploads_.take(secret).value().file->bytes(), 5u);
  EXPECT_EQ(uploads_.take(secret).error().code, Errc::not_found);
}

TEST_F(SourcesApiTest, ASourceThatNobodyUsesGoesAfterAnHour) {
  const auto made = send("POST", "/apps/blog/sources", nlohmann::json::object());
  const std::string put = path_of(made.json["source_blob"]["put_url"]);
  clock_.advance(std::chrono::minutes(61));
  EXPECT_EQ(ask({"PUT", put, "bytes", {}, "-"}).status, 404);
}

TEST_F(SourcesApiTest, EachUserHasSoManySourcesAndNoMore) {
  for (std::size_t i = 0; i < uploads_.limits().per_user; ++i) {
    EXPECT_EQ(send("POST", "/sources", nlohmann::json::object()).status, 201);
  }
  EXPECT_EQ(send("POST", "/sources", nlohmann::json::object()).status, 429);
  EXPECT_EQ(ask({"POST", "/sources", "{}", {}, other_}).status, 201);
}

TEST_F(SourcesApiTest, ABuildIsStartedWithWhatWasAskedAndShowsNoSecret) {
  const auto built = send("POST", "/apps/blog/builds",
                          {{"source_blob",
                            {{"url", "https://me:hunter2@example.com/a.tgz"},
                             {"version", "v1"},
                             {"checksum", "SHA256:" + std::string(64, 'a')}}},
                           {"buildpacks", {{{"url", "heroku/nodejs"}}}}});
  ASSERT_EQ(built.status, 201) << built.body;
  EXPECT_EQ(built.body.find("hunter2"), std::string::npos);
  EXPECT_EQ(built.json["source_blob"]["url"], "https://example.com/a.tgz");
  EXPECT_EQ(built.json["buildpacks"][0]["url"], "heroku/nodejs");
  ASSERT_EQ(source_builds_.started.size(), 1u);
  EXPECT_EQ(source_builds_.started[0].url, "https://me:hunter2@example.com/a.tgz");
  const auto again = get("/apps/blog/builds/" + std::string(built.json["id"]));
  EXPECT_EQ(again.json["source_blob"]["version"], "v1");
  for (const char* url : {"file:///etc/passwd", "ftp://a/b", "http://example.com/a.tgz"}) {
    EXPECT_EQ(send("POST", "/apps/blog/builds", {{"source_blob", {{"url", url}}}}).status, 422);
  }
}

}  // namespace
}  // namespace davit::test
