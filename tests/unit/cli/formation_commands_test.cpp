// ps:type, ps:strategy, releases:output, ps with reasons, doctor.
#include <gmock/gmock.h>

#include <atomic>

#include <nlohmann/json.hpp>

#include "api_server.hpp"
#include "davit_program.hpp"

namespace davit::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* formation = R"([
  {"type":"web","quantity":2,"size":"Standard","strategy":{"max_surge":"100%","max_unavailable":"0"}},
  {"type":"worker","quantity":1,"size":"Small","strategy":{"max_surge":"0","max_unavailable":"100%"}}])";

class FormationCommands : public testing::Test {
 protected:
  FormationCommands() {
    davit_.env["DAVIT_URL"] = server_.url();
    davit_.env["DAVIT_API_KEY"] = "secret-key";
  }
  Answer answer(const SeenRequest& request) {
    const std::string at = request.method + " " + request.target;
    if (at == "GET /apps/blog/formation" || at == "PATCH /apps/blog/formation")
      return {200, formation};
    if (at == "GET /apps/blog/dynos") {
      return {
          200,
          R"([{"name":"web.1","type":"web","size":"Standard","state":"crashed","command":"node x",
        "reason":"exited with status 1","retry_at":"2099-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}])"};
    }
    if (at == "GET /apps/blog/releases" || at == "GET /apps/blog/releases/9") {
      const std::string release =
          R"({"id":"r9","version":9,"status":")" + std::string(status_) +
          R"(","failure":"The release command failed","output_stream_url":")" + server_.url() +
          R"(/streams/releases/r9/s"})";
      return {200, at.ends_with("9") ? release : "[" + release + "]"};
    }
    if (at == "POST /apps/blog/releases") {
      return {201, R"({"id":"r9","version":9,"status":"pending","output_stream_url":")" +
                       server_.url() + R"(/streams/releases/r9/s"})"};
    }
    if (at == "GET /apps/blog/releases/8") return {200, R"({"id":"r8","version":8})"};
    if (at == "GET /streams/releases/r9/s") return {200, "migrating\n", "text/plain"};
    if (at == "GET /davit/doctor") {
      return {200, R"({"level":"B","missing":["level A needs root"],"checks":[
        {"check":"disk","ok":true,"detail":"9 GB free","fix":""},
        {"check":"router","ok":false,"detail":"is away","fix":"start it"}]})"};
    }
    return {404, R"({"id":"not_found","message":"Couldn't find that."})"};
  }

  std::atomic<const char*> status_ = "succeeded";  // the server answers in threads of its own
  ApiServer server_{[this](const SeenRequest& request) { return answer(request); }};
  DavitProgram davit_;
};

TEST_F(FormationCommands, TypeShowsAndSetsSizes) {
  EXPECT_EQ(davit_.run({"ps:type", "-a", "blog"}).out,
            "Type    Size      Qty\nweb     Standard  2\nworker  Small     1\n");
  const auto set = davit_.run({"ps:type", "web=large", "worker=small", "-a", "blog"});
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_THAT(server_.lines(),
              Contains(R"(PATCH /apps/blog/formation {"updates":[{"size":"large","type":"web"},)"
                       R"({"size":"small","type":"worker"}]})"));
  ASSERT_EQ(davit_.run({"ps:type", "small", "-a", "blog"}).status, 0);
  EXPECT_THAT(server_.lines(),
              Contains(R"(PATCH /apps/blog/formation {"updates":[{"size":"small","type":"web"},)"
                       R"({"size":"small","type":"worker"}]})"));
  EXPECT_THAT(davit_.run({"ps:type", "web=", "-a", "blog"}).err, HasSubstr("say web=large"));
}

TEST_F(FormationCommands, StrategyShowsAndSetsHowDynosAreReplaced) {
  EXPECT_EQ(davit_.run({"ps:strategy", "-a", "blog"}).out,
            "Type    max_surge  max_unavailable\nweb     100%       0\nworker  0          100%\n");
  const auto set =
      davit_.run({"ps:strategy", "web", "max_surge=1", "max_unavailable=", "-a", "blog"});
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_THAT(server_.lines(),
              Contains(R"(PATCH /apps/blog/formation {"updates":[{"strategy":{"max_surge":"1",)"
                       R"("max_unavailable":null},"type":"web"}]})"));
  EXPECT_THAT(davit_.run({"ps:strategy", "web", "surge=1", "-a", "blog"}).err,
              HasSubstr("max_surge=1"));
  EXPECT_THAT(davit_.run({"ps:strategy", "web", "-a", "blog"}).err, HasSubstr("say how"));
}

TEST_F(FormationCommands, PsTellsWhyAndWhenItIsStartedAgain) {
  const auto listed = davit_.run({"ps", "-a", "blog"});
  EXPECT_THAT(listed.out, testing::ContainsRegex(
                              "web.1: crashed .*: exited with status 1; starts again in [0-9]+ s"));
}

TEST_F(FormationCommands, AReleaseCommandsOutputIsShownAndFollowed) {
  EXPECT_EQ(davit_.run({"releases:output", "-a", "blog"}).out, "migrating\n");
  const auto rolled = davit_.run({"rollback", "v8", "-a", "blog"});
  EXPECT_EQ(rolled.status, 0) << rolled.err;
  EXPECT_EQ(rolled.out, "migrating\n");
  status_ = "failed";
  const auto failed = davit_.run({"rollback", "v8", "-a", "blog"});
  EXPECT_NE(failed.status, 0);
  EXPECT_THAT(failed.err, HasSubstr("v9 is not available: The release command failed"));
}

TEST_F(FormationCommands, DoctorSaysWhatIsWrongAndExitsWithOne) {
  const auto found = davit_.run({"doctor"});
  EXPECT_EQ(found.status, 1);
  EXPECT_EQ(found.out,
            "Isolation of dynos: level B\n  missing: level A needs root\nok     disk: 9 GB free\n"
            "WRONG  router: is away\n       → start it\n");
}

}  // namespace
}  // namespace davit::test
