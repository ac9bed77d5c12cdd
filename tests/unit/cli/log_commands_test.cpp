#include <gmock/gmock.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "api_server.hpp"
#include "davit_program.hpp"

namespace davit::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string event(int id, const std::string& text) {
  return "id: " + std::to_string(id) +
         "\ndata: 2026-01-01T00:00:00.000000+00:00 app[web.1]: " + text + "\n\n";
}

TEST(LogCommands, WithoutTailPrintsTheLinesAndEnds) {
  std::atomic<ApiServer*> self = nullptr;
  ApiServer server([&](const SeenRequest& request) -> Answer {
    if (request.method == "POST") {
      return {201, json{{"logplex_url", self.load()->url() + "/stream/1?token=x"}}.dump()};
    }
    return {200, event(1, "one") + ": hb\n\n" + event(2, "two"), "text/event-stream", {}, true};
  });
  self = &server;
  DavitProgram davit;
  davit.env["DAVIT_URL"] = server.url();
  davit.env["DAVIT_API_KEY"] = "secret-key";
  const auto ended = davit.run({"logs", "-n", "5", "-a", "blog", "--dyno", "web.1"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "2026-01-01T00:00:00.000000+00:00 app[web.1]: one\n"
            "2026-01-01T00:00:00.000000+00:00 app[web.1]: two\n");
  const auto seen = server.seen();
  EXPECT_EQ(json::parse(seen.at(0).body), (json{{"lines", 5}, {"tail", false}, {"dyno", "web.1"}}));
  EXPECT_EQ(seen.at(1).fields.count("authorization"), 0u);  // the URL is the secret
  EXPECT_EQ(seen.at(1).fields.at("accept"), "text/event-stream");
}

// davitd restarts while someone follows: first the stream breaks, then the session is unknown, then
// a new one repeats lines that were shown already. The end of the test is a server that refuses for
// good.
TEST(LogCommands, TailSurvivesARestartOfTheServerWithoutLosingOrRepeatingALine) {
  std::atomic<ApiServer*> self = nullptr;
  int sessions = 0, streams = 0;
  ApiServer server([&](const SeenRequest& request) -> Answer {
    if (request.method == "POST") {
      if (++sessions == 3) return {410, R"({"id":"gone","message":"the app was destroyed"})"};
      return {
          201,
          json{{"logplex_url", self.load()->url() + "/stream/" + std::to_string(sessions)}}.dump()};
    }
    switch (++streams) {
      case 1:
        return {200,
                event(1, "one") + event(2, "two") + "id: 3\ndata: hal",
                "text/event-stream",
                {},
                true};
      case 2: return {503, "{}"};
      case 3: return {404, R"({"id":"not_found","message":"no such session"})"};
      case 4: return {200, event(2, "two") + event(3, "three"), "text/event-stream", {}, true};
      default: return {404, R"({"id":"not_found","message":"no such session"})"};
    }
  });
  self = &server;
  DavitProgram davit;
  davit.env["DAVIT_URL"] = server.url();
  davit.env["DAVIT_API_KEY"] = "secret-key";
  const auto ended = davit.run({"logs", "--tail", "-a", "blog"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(ended.out,
            "2026-01-01T00:00:00.000000+00:00 app[web.1]: one\n"
            "2026-01-01T00:00:00.000000+00:00 app[web.1]: two\n"
            "2026-01-01T00:00:00.000000+00:00 app[web.1]: three\n");
  EXPECT_THAT(ended.err, HasSubstr("the app was destroyed"));
  EXPECT_EQ(server.seen().at(2).fields.at("last-event-id"), "2");
}

TEST(BuildCommands, OutputFollowsTheStreamOfTheLatestBuild) {
  std::atomic<ApiServer*> self = nullptr;
  ApiServer server([&](const SeenRequest& request) -> Answer {
    if (request.target == "/apps/blog/builds") {
      return {200,
              json::array({{{"id", "b1"}, {"output_stream_url", self.load()->url() + "/out/1"}}})
                  .dump()};
    }
    return {200, "-----> Building\n", "text/plain", {}, true};
  });
  self = &server;
  DavitProgram davit;
  davit.env["DAVIT_URL"] = server.url();
  davit.env["DAVIT_API_KEY"] = "secret-key";
  const auto ended = davit.run({"builds:output", "-a", "blog"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.out, "-----> Building\n");
}

TEST(Lists, FollowNextRangeToTheLastPage) {
  ApiServer server([](const SeenRequest& request) -> Answer {
    if (request.target == "/account") return {200, R"({"email":"me"})"};
    const auto range = request.fields.find("range");
    if (range == request.fields.end()) {
      return {206,
              R"([{"name":"a","owner":{"email":"me"}}])",
              "application/json",
              {{"Next-Range", "id ]1.."}}};
    }
    return {200, range->second == "id ]1.." ? R"([{"name":"b","owner":{"email":"me"}}])" : "[]"};
  });
  DavitProgram davit;
  davit.env["DAVIT_URL"] = server.url();
  davit.env["DAVIT_API_KEY"] = "secret-key";
  EXPECT_EQ(davit.run({"apps"}).out, "=== me Apps\n\na\nb\n\n");
}

}  // namespace
}  // namespace davit::test
