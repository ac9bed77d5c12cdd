// The main objects against the vendor's own schema (reduced; see platform_schema.json): what
// existing tools expect.
#include <fstream>
#include <set>

#include "tests/unit/server_api/api_fixture.hpp"
#include "tests/unit/server_api/schema_check.hpp"

namespace davit::test {
namespace {

class SchemaTest : public ApiTest {
 protected:
  SchemaTest() {
    std::ifstream in(source_dir() / "tests/unit/server_api/platform_schema.json");
    schema_ = nlohmann::json::parse(in)["resources"];
  }
  void conforms(const std::string& resource, const nlohmann::json& value) {
    ASSERT_FALSE(value.is_null()) << resource;
    // What Davit tells beyond the vendor; clients pass over what they do not know.
    static const std::set<std::string> ours = {
        "dyno.crashes",       "dyno.reason",           "dyno.retry_at",
        "dyno-size.limits",   "release.failure",       "release.canary",
        "formation.strategy", "formation.sleep_after", "formation.autoscale"};
    for (const auto& fault : schema_faults(schema_.at(resource), value, resource)) {
      constexpr std::string_view unknown = ": is not known";
      const bool addition =
          fault.ends_with(unknown) && ours.contains(fault.substr(0, fault.size() - unknown.size()));
      if (!addition) ADD_FAILURE() << fault;
    }
  }
  nlohmann::json schema_;
};

TEST_F(SchemaTest, AccountAndAuthorizationsConform) {
  conforms("account", get("/account").json);
  conforms("oauth-authorization",
           send("POST", "/oauth/authorizations", {{"expires_in", 3600}}).json);
  for (const auto& item : get("/oauth/authorizations").json) conforms("oauth-authorization", item);
}

TEST_F(SchemaTest, AppsConformBeforeAndAfterADeploy) {
  const auto made = send("POST", "/apps", nlohmann::json::object());
  conforms("app", made.json);
  const auto app = make_app("blog");
  deploy(app, {{"web", "node index.js"}});
  conforms("app", get("/apps/blog").json);
  for (const auto& item : get("/apps").json) conforms("app", item);
}

TEST_F(SchemaTest, ReleasesAndFormationsConform) {
  const auto app = make_app("blog");
  deploy(app, {{"web", "node index.js"}, {"worker", "node worker.js"}});
  const auto releases = get("/apps/blog/releases").json;
  ASSERT_EQ(releases.size(), 2u);
  for (const auto& item : releases) conforms("release", item);
  const auto formation = get("/apps/blog/formation").json;
  ASSERT_EQ(formation.size(), 2u);
  for (const auto& item : formation) conforms("formation", item);
}

TEST_F(SchemaTest, DynosBuildsAndLogSessionsConform) {
  const auto app = make_app("blog");
  const auto release = deploy(app, {{"web", "node index.js"}});
  supervisor::DynoView dyno;
  dyno.id = DynoId::make(random_);
  dyno.name = DynoName::parse("web.1").value();
  dyno.release = release.id;
  dyno.release_version = release.version;
  dyno.command = "node index.js";
  dyno.size = "standard";
  dyno.state = supervisor::DynoState::up;
  dyno.since = dyno.created_at = clock_.wall();
  supervisor_.running[app.id] = {dyno};
  conforms("dyno", get("/apps/blog/dynos").json.at(0));
  store::Build build;
  build.id = BuildId::make(random_);
  build.app = app.id;
  build.user = app.owner;
  build.commit = CommitId::parse(std::string(40, 'b')).value();
  build.ref = "refs/heads/main";
  build.created_at = build.updated_at = clock_.wall();
  ASSERT_TRUE(stores_.builds.add(build));
  conforms("build", get("/apps/blog/builds").json.at(0));
  conforms("build", get("/apps/blog/builds/" + build.id.str()).json);
  conforms("log-session", send("POST", "/apps/blog/log-sessions", {{"tail", true}}).json);
}

TEST_F(SchemaTest, TheCatalogConforms) {
  make_app("blog");
  conforms("region", get("/regions").json.at(0));
  conforms("stack", get("/stacks").json.at(0));
  conforms("dyno-size", get("/dyno-sizes").json.at(0));
  conforms("domain", get("/apps/blog/domains").json.at(0));
  conforms("collaborator", get("/apps/blog/collaborators").json.at(0));
}

}  // namespace
}  // namespace davit::test
