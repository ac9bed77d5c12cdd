// One-off dynos, as clients ask for them.
#include "server/api/dynos/run_input.hpp"
#include "server/api/dynos/run_tickets.hpp"
#include "server/supervisor/limits.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

using api::parse_run_input;
using api::RunKind;
using nlohmann::json;

class RunsTest : public ApiTest {
 protected:
  RunsTest() {
    app_ = make_app("blog");
    deploy(app_, {{"web", "node server.js"}, {"worker", "node worker.js"}});
  }
  static std::string path_of(const json& url) {
    const auto text = url.get<std::string>();
    return text.substr(text.find("/streams"));
  }
  Answer open(const std::string& path) {
    return ask({"GET", path, "", {{"Connection", "Upgrade"}, {"Upgrade", "davit-run"}}, "-"});
  }
  store::App app_;
};

TEST_F(RunsTest, ADetachedOneHasNoUrl) {
  const auto answer =
      send("POST", "/apps/blog/dynos", {{"command", "worker --fast"}, {"time_to_live", 60}});
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_TRUE(answer.json["attach_url"].is_null());
  EXPECT_EQ(answer.json["name"], "run.1234");
  const auto& request = supervisor_.runs.at(0);
  EXPECT_EQ(request.command, "node worker.js --fast");
  EXPECT_EQ(request.time_limit, std::chrono::seconds(60));
  EXPECT_FALSE(request.interaction);
  EXPECT_FALSE(request.size);
}

TEST_F(RunsTest, AnAttachedOneHasAUrlThatIsGoodOnceAndForAMinute) {
  const auto begin = [&] {
    return path_of(send("POST", "/apps/blog/dynos", {{"command", "bash"}, {"attach", true}})
                       .json["attach_url"]);
  };
  const auto late = begin();
  clock_.advance(supervisor::limits::attach_timeout);
  EXPECT_EQ(open(late).status, 404);
  const auto path = begin();
  EXPECT_EQ(ask({"GET", path, "", {}, "-"}).status, 422) << "not used up by a request that cannot";
  EXPECT_EQ(open(path).status, 101);
  EXPECT_EQ(supervisor_.actions.back(), "attach 00000000-0000-4000-8000-00000000aaaa");
  EXPECT_EQ(open(path).status, 404);
  EXPECT_EQ(open("/streams/runs/x").status, 404);
}

TEST_F(RunsTest, InsideADynoThatRuns) {
  supervisor::DynoView web;
  web.id = DynoId::make(random_);
  web.name = DynoName::parse("web.1").value();
  web.state = supervisor::DynoState::up;
  supervisor_.running[app_.id] = {web};
  EXPECT_EQ(send("POST", "/apps/blog/dynos/web.2", {{"command", "id"}}).status, 404);
  const auto answer = send("POST", "/apps/blog/dynos/web.1", json::object());
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.json["command"], "bash");
  EXPECT_FALSE(answer.json["attach_url"].is_null());
  supervisor_.running[app_.id][0].state = supervisor::DynoState::crashed;
  EXPECT_EQ(send("POST", "/apps/blog/dynos/web.1", json::object()).status, 409);
}

TEST_F(RunsTest, AnAppWithoutCodeRunsNothing) {
  make_app("empty");
  EXPECT_EQ(send("POST", "/apps/empty/dynos", {{"command", "bash"}}).status, 409);
}

TEST(RunInput, ATerminalIsWantedByWhoTellsItsSize) {
  const json env{{"COLUMNS", 80}, {"LINES", "24"}, {"TERM", "xterm"}, {"DEBUG", true}, {"N", 1}};
  const json body{{"command", "x"}, {"attach", true}, {"env", env}};
  const auto input = parse_run_input(body, RunKind::one_off).value();
  EXPECT_TRUE(input.interaction.terminal);
  EXPECT_EQ(input.interaction.window, (run_stream::WindowSize{80, 24}));
  EXPECT_EQ(input.env,
            (std::map<std::string, std::string>{{"TERM", "xterm"}, {"DEBUG", "true"}, {"N", "1"}}));
  auto plain = body;
  plain["force_no_tty"] = true;
  EXPECT_FALSE(parse_run_input(plain, RunKind::one_off).value().interaction.terminal);
  auto detached = body;
  detached["attach"] = false;
  EXPECT_FALSE(parse_run_input(detached, RunKind::one_off).value().interaction.terminal);
}

TEST(RunInput, LimitsAndNonsenseAreRefusedByName) {
  const json bad[] = {json::object(),
                      {{"command", " "}},
                      {{"command", 1}},
                      {{"command", std::string(20'000, 'x')}},
                      {{"command", std::string("a\0b", 3)}},
                      {{"command", "x"}, {"env", {{"A B", "1"}}}},
                      {{"command", "x"}, {"env", {{"A", json::array()}}}},
                      {{"command", "x"}, {"time_to_live", 0}},
                      {{"command", "x"}, {"time_to_live", 86'401}},
                      {{"command", "x"}, {"type", "../x"}},
                      {{"command", "x"}, {"attach", "yes"}}};
  for (const auto& body : bad) {
    const auto input = parse_run_input(body, RunKind::one_off);
    ASSERT_FALSE(input) << body.dump();
    EXPECT_EQ(input.error().code, Errc::invalid_argument) << body.dump();
  }
  const json least{{"command", "x"}};
  EXPECT_EQ(parse_run_input(least, RunKind::one_off).value().time_limit, std::chrono::hours(24));
}

}  // namespace
}  // namespace davit::test
