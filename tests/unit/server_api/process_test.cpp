// Releases, formation, dynos, builds: what runs.
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class ProcessTest : public ApiTest {
 protected:
  ProcessTest() : app_(make_app("blog")) {}
  supervisor::DynoView dyno(const std::string& name, supervisor::DynoState state) {
    supervisor::DynoView view;
    view.id = DynoId::make(random_);
    view.name = DynoName::parse(name).value();
    view.size = "standard";
    view.state = state;
    view.since = view.created_at = clock_.wall();
    return view;
  }
  nlohmann::json scale(nlohmann::json updates) {
    const auto answer = send("PATCH", "/apps/blog/formation", {{"updates", std::move(updates)}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json;
  }
  store::App app_;
};

TEST_F(ProcessTest, ScalingTakesNumbersAndSignedText) {
  deploy(app_, {{"web", "node ."}, {"worker", "node worker.js"}});
  EXPECT_EQ(scale({{{"type", "web"}, {"quantity", 2}}}).at(0)["quantity"], 2);
  EXPECT_EQ(scale({{{"type", "web"}, {"quantity", "+1"}}}).at(0)["quantity"], 3);
  EXPECT_EQ(scale({{{"type", "web"}, {"quantity", "-2"}}}).at(0)["quantity"], 1);
  EXPECT_EQ(scale({{{"type", "web"}, {"quantity", "-5"}}}).at(0)["quantity"], 0);
  const auto both = scale({{{"type", "web"}, {"quantity", "4"}, {"size", "Standard-1X"}},
                           {{"type", "worker"}, {"quantity", "1"}}});
  EXPECT_EQ(both.at(0)["quantity"], 4);
  EXPECT_EQ(both.at(1)["quantity"], 1);
  EXPECT_EQ(supervisor_.changes.size(), 5u);
  EXPECT_NE(logs_.all(app_.id).find(
                "app[api]: Scaled to web@4:Standard worker@1:Standard by user owner@example.org"),
            std::string::npos);
}

TEST_F(ProcessTest, BadScalingChangesNothingAndNamesTheTypes) {
  deploy(app_, {{"web", "node ."}, {"worker", "node worker.js"}});
  const auto unknown = send(
      "PATCH", "/apps/blog/formation",
      {{"updates", {{{"type", "web"}, {"quantity", 2}}, {{"type", "cron"}, {"quantity", 1}}}}});
  EXPECT_EQ(unknown.status, 422);
  EXPECT_NE(unknown.body.find("web, worker"), std::string::npos) << unknown.body;
  EXPECT_EQ(get("/apps/blog/formation/web").json["quantity"], 0) << "all or nothing";
  for (const nlohmann::json& quantity :
       {nlohmann::json(101), nlohmann::json(-1), nlohmann::json("x"), nlohmann::json("+"),
        nlohmann::json(1.5), nlohmann::json(9223372036854775807)}) {
    EXPECT_EQ(send("PATCH", "/apps/blog/formation/web", {{"quantity", quantity}}).status, 422)
        << quantity;
  }
  EXPECT_EQ(send("PATCH", "/apps/blog/formation/web", {{"size", "huge"}}).status, 422);
  EXPECT_EQ(send("PATCH", "/apps/blog/formation", {{"updates", 1}}).status, 422);
  EXPECT_TRUE(supervisor_.changes.empty());
}

TEST_F(ProcessTest, SizesAreNamedByTheCatalogAndByTheVendor) {
  deploy(app_, {{"release", "node migrate.js"}, {"web", "node ."}});
  EXPECT_EQ(scale({{{"type", "web"}, {"size", "LARGE"}}}).at(1)["size"], "Large");
  EXPECT_EQ(scale({{{"type", "web"}, {"size", "standard-1x"}}}).at(1)["size"], "Standard");
  EXPECT_EQ(scale({{{"type", "release"}, {"size", "small"}}}).at(0)["size"], "Small");
  const auto refused = send("PATCH", "/apps/blog/formation/web", {{"size", "huge"}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("small, standard, large"), std::string::npos) << refused.body;
  const auto sizes = get("/dyno-sizes").json;
  ASSERT_EQ(sizes.size(), 3u);
  EXPECT_EQ(sizes[1]["name"], "Standard");
  EXPECT_EQ(sizes[1]["memory"], 0.5);
  EXPECT_EQ(get("/dyno-sizes/standard-2x").json["name"], "Large");
  EXPECT_EQ(get("/dyno-sizes/huge").status, 404);
}

TEST_F(ProcessTest, AReleaseProcessIsNotScaled) {
  deploy(app_, {{"release", "node migrate.js"}, {"web", "node ."}});
  const auto refused = send("PATCH", "/apps/blog/formation/release", {{"quantity", 1}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("once for each release"), std::string::npos) << refused.body;
}

TEST_F(ProcessTest, HowATypeIsReplacedIsSetInItsStrategy) {
  deploy(app_, {{"web", "node ."}, {"worker", "node worker.js"}});
  EXPECT_EQ(get("/apps/blog/formation/web").json["strategy"]["max_surge"], "100%");
  EXPECT_EQ(get("/apps/blog/formation/web").json["strategy"]["max_unavailable"], "0");
  const auto set = [&](const char* type, nlohmann::json strategy) {
    return send("PATCH", "/apps/blog/formation/" + std::string(type), {{"strategy", strategy}});
  };
  EXPECT_EQ(set("worker", {{"max_surge", 0}}).json["strategy"]["max_surge"], "0");
  EXPECT_EQ(set("web", {{"max_surge", "25%"}}).json["strategy"]["max_surge"], "25%");
  EXPECT_EQ(set("web", {{"max_surge", nullptr}}).json["strategy"]["max_surge"], "100%");
  for (const nlohmann::json& wrong :
       {nlohmann::json{{"max_surge", 0}}, nlohmann::json{{"max_surge", "lots"}},
        nlohmann::json{{"max_surge", 1.5}}, nlohmann::json("fast")}) {
    EXPECT_EQ(set("web", wrong).status, 422) << wrong;
  }
  EXPECT_NE(logs_.all(app_.id).find("Set worker to max_surge=0 max_unavailable=100% by user"),
            std::string::npos);
}

TEST_F(ProcessTest, BeforeTheFirstDeployThereIsNothingToScale) {
  EXPECT_EQ(get("/apps/blog/formation").body, "[]");
  const auto answer = send("PATCH", "/apps/blog/formation/web", {{"quantity", 1}});
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.body.find("git push"), std::string::npos);
}

TEST_F(ProcessTest, DynosAreListedWithoutThoseThatWereReplaced) {
  using supervisor::DynoState;
  supervisor_.running[app_.id] = {dyno("web.1", DynoState::stopping), dyno("web.1", DynoState::up),
                                  dyno("web.2", DynoState::starting)};
  const auto list = get("/apps/blog/dynos").json;
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["state"], "up");
  EXPECT_EQ(get("/apps/blog/dynos/web.2").json["state"], "starting");
  EXPECT_EQ(get("/apps/blog/dynos/web.9").status, 404);
}

TEST_F(ProcessTest, RestartAndStopAreAcceptedAndDone) {
  deploy(app_, {{"web", "node ."}, {"worker", "node worker.js"}});
  supervisor_.running[app_.id] = {dyno("web.1", supervisor::DynoState::up)};
  EXPECT_EQ(ask({"DELETE", "/apps/blog/dynos", "", {}}).status, 202);
  EXPECT_EQ(ask({"DELETE", "/apps/blog/dynos/web.1", "", {}}).status, 202);
  EXPECT_EQ(ask({"DELETE", "/apps/blog/formations/worker", "", {}}).status, 202);
  EXPECT_EQ(ask({"POST", "/apps/blog/dynos/web.1/actions/stop", "", {}}).status, 202);
  EXPECT_EQ(ask({"POST", "/apps/blog/formations/web/actions/stop", "", {}}).status, 202);
  EXPECT_EQ(ask({"DELETE", "/apps/blog/dynos/web.7", "", {}}).status, 404);
  EXPECT_EQ(ask({"DELETE", "/apps/blog/formations/cron", "", {}}).status, 404);
  EXPECT_EQ(supervisor_.actions,
            (std::vector<std::string>{"restart ", "restart web.1", "restart worker", "stop web.1",
                                      "stop web"}));
}

TEST_F(ProcessTest, ReleasesAreFoundByIdNumberAndWord) {
  const auto release = deploy(app_, {{"web", "node ."}});
  for (const auto& name :
       {release.id.str(), std::string("2"), std::string("v2"), std::string("current")}) {
    const auto answer = get("/apps/blog/releases/" + name);
    EXPECT_EQ(answer.json["id"], release.id.str()) << name;
    EXPECT_EQ(answer.json["current"], true) << name;
  }
  EXPECT_EQ(get("/apps/blog/releases/9").status, 404);
  EXPECT_EQ(get("/apps/blog/releases/v0").status, 404);
  EXPECT_EQ(get("/apps/blog/releases/-1").status, 404);
}

TEST_F(ProcessTest, ReleaseListsFollowTheRangeThatTheCommandLineToolSends) {
  deploy(app_, {{"web", "node ."}});
  deploy(app_, {{"web", "node ."}});
  const auto one =
      ask({"GET", "/apps/blog/releases", "", {{"Range", "version ..; order=desc,max=1"}}});
  EXPECT_EQ(one.status, 206);
  ASSERT_EQ(one.json.size(), 1u);
  EXPECT_EQ(one.json[0]["version"], 3);
  EXPECT_TRUE(one.json[0]["current"]);
  const auto all =
      ask({"GET", "/apps/blog/releases", "", {{"Range", "version ..; max=15, order=desc"}}});
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.json.size(), 3u);
}

TEST_F(ProcessTest, RollingBackMakesANewRelease) {
  const auto first = deploy(app_, {{"web", "node ."}});
  deploy(app_, {{"web", "node ."}});
  const auto made = send("POST", "/apps/blog/releases", {{"release", first.id.str()}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["version"], 4);
  EXPECT_EQ(made.json["description"], "Rollback to v2");
  EXPECT_EQ(send("POST", "/apps/blog/releases", {{"release", 2}}).status, 201);
  EXPECT_EQ(send("POST", "/apps/blog/releases", {{"release", "v2"}}).status, 201);
  EXPECT_EQ(send("POST", "/apps/blog/releases", {{"release", 1}}).status, 409) << "no slug";
  EXPECT_EQ(send("POST", "/apps/blog/releases", {{"release", 99}}).status, 404);
  EXPECT_EQ(send("POST", "/apps/blog/releases", nlohmann::json::object()).status, 422);
}

TEST_F(ProcessTest, AReleaseCommandsOutputIsStreamedToWhoeverHasItsUrl) {
  const auto plain = deploy(app_, {{"web", "node ."}});
  EXPECT_TRUE(get("/apps/blog/releases/" + plain.id.str()).json["output_stream_url"].is_null());
  const auto release = deploy(app_, {{"release", "node migrate.js"}, {"web", "node ."}});
  const std::string url = get("/apps/blog/releases/current").json["output_stream_url"];
  const std::string path = url.substr(std::string("http://localhost:8080").size());
  EXPECT_EQ(ask({"GET", path, "", {}, "-"}).status, 404) << "nothing written yet";
  release_outputs_.parts[release.id.str()] = {"migrating\n", "done\n"};
  EXPECT_EQ(ask({"GET", path, "", {}, "-"}).body, "migrating\ndone\n");
  std::string forged = path;
  forged.back() = forged.back() == '0' ? '1' : '0';
  EXPECT_EQ(ask({"GET", forged, "", {}, "-"}).status, 404);
}

TEST_F(ProcessTest, TheDoctorIsTheAdminsAlone) {
  EXPECT_EQ(get("/davit/doctor").status, 403);
  const auto found = ask({"GET", "/davit/doctor", "", {}, admin_}).json;
  EXPECT_EQ(found["level"], "B");
  EXPECT_EQ(found["missing"][0], "level A needs root");
  EXPECT_EQ(found["checks"][0]["fix"], "");
  EXPECT_EQ(found["checks"][1]["check"], "router");
  EXPECT_EQ(found["checks"][1]["ok"], false);
  EXPECT_EQ(found["checks"][1]["fix"], "start it");
}

TEST_F(ProcessTest, ABuildsOutputIsStreamedToWhoeverHasItsUrl) {
  store::Build build;
  build.id = BuildId::make(random_);
  build.app = app_.id;
  build.user = app_.owner;
  build.commit = CommitId::parse(std::string(40, 'b')).value();
  build.ref = "refs/heads/main";
  build.created_at = build.updated_at = clock_.wall();
  ASSERT_TRUE(stores_.builds.add(build));
  const std::string url = get("/apps/blog/builds/" + build.id.str()).json["output_stream_url"];
  const std::string path = url.substr(std::string("http://localhost:8080").size());
  EXPECT_EQ(ask({"GET", path, "", {}, "-"}).status, 404) << "nothing written yet";
  outputs_.parts[build.id.str()] = {"-----> Node.js\n", "done\n"};
  const auto output = ask({"GET", path, "", {}, "-"});
  EXPECT_EQ(output.status, 200);
  EXPECT_EQ(output.body, "-----> Node.js\ndone\n");
  std::string forged = path;
  forged.back() = forged.back() == '0' ? '1' : '0';
  EXPECT_EQ(ask({"GET", forged, "", {}, "-"}).status, 404);
  EXPECT_EQ(get("/apps/blog/builds/" + BuildId::make(random_).str()).status, 404);
}

TEST_F(ProcessTest, ABuildThatGoesOnIsTellingWhereItStandsAndMayBeCancelled) {
  store::Build build;
  build.id = BuildId::make(random_);
  build.app = app_.id;
  build.user = app_.owner;
  build.commit = CommitId::parse(std::string(40, 'b')).value();
  build.ref = "refs/heads/main";
  build.created_at = build.updated_at = clock_.wall();
  ASSERT_TRUE(stores_.builds.add(build));
  builds_.going_on[build.id] = {release::BuildStage::queued, 2};
  const std::string path = "/apps/blog/builds/" + build.id.str();
  const auto queued = get(path).json;
  EXPECT_EQ(queued["stage"], "queued");
  EXPECT_EQ(queued["builds_before"], 2);
  EXPECT_TRUE(queued["started_at"].is_null());
  EXPECT_EQ(ask({"DELETE", path, "", {}, other_}).status, 404);
  EXPECT_TRUE(builds_.cancelled_by.empty());
  EXPECT_EQ(ask({"DELETE", path, "", {}}).status, 200);
  EXPECT_EQ(builds_.cancelled_by, std::vector<std::string>{"owner@example.org"});
  builds_.going_on.clear();
  EXPECT_EQ(ask({"DELETE", path, "", {}}).status, 409);
  EXPECT_TRUE(get(path).json["stage"].is_null());

  const std::string url = get(path).json["output_stream_url"];
  const std::string stream = url.substr(std::string("http://localhost:8080").size());
  outputs_.parts[build.id.str()] = {"x"};
  EXPECT_EQ(ask({"GET", stream + "?offset=12&follow=no", "", {}, "-"}).status, 200);
  EXPECT_EQ(outputs_.asked.offset, 12u);
  EXPECT_FALSE(outputs_.asked.follow);
  EXPECT_EQ(ask({"GET", stream + "?offset=-1", "", {}, "-"}).status, 422);

  EXPECT_EQ(ask({"DELETE", "/apps/blog/build-cache", "", {}, other_}).status, 404);
  EXPECT_EQ(ask({"DELETE", "/apps/blog/build-cache", "", {}}).status, 200);
  EXPECT_EQ(builds_.purged, std::vector<AppId>{app_.id});
}

}  // namespace
}  // namespace davit::test
