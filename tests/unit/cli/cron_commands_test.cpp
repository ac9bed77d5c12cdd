// cron, cron:run.
#include <gmock/gmock.h>

#include "api_server.hpp"
#include "davit_program.hpp"

namespace davit::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(CronCommands, JobsAreListedAndRun) {
  const std::string job =
      R"({"id":"1a2b3c4d","command":"npm run \u001b[31mreport","schedule":"0 4 * * *",)"
      R"("next_run_at":"2026-06-01T04:00:00Z","last_skip":null,"last_run":{"status":"failed",)"
      R"("started_at":"2026-05-31T04:00:00Z","dyno":"cron.4711","failure":"exited with status 1"}})";
  ApiServer server([&](const SeenRequest& request) -> Answer {
    if (request.target == "/apps/blog/cron") return {200, "[" + job + "]"};
    if (request.target == "/apps/blog/cron/1a2b3c4d/actions/run") return {201, job};
    return {404, R"({"message":"Couldn't find the cron job"})"};
  });
  DavitProgram davit;
  davit.env["DAVIT_URL"] = server.url();
  davit.env["DAVIT_API_KEY"] = "secret-key";
  const auto list = davit.run({"cron", "-a", "blog"});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("2026-06-01 04:00"));
  EXPECT_THAT(list.out, HasSubstr("failed 2026-05-31 04:00, cron.4711: exited with status 1"));
  EXPECT_EQ(list.out.find('\x1b'), std::string::npos) << "plain in a pipe";
  EXPECT_THAT(davit.run({"cron", "--json", "-a", "blog"}).out, HasSubstr("\"1a2b3c4d\""));
  const auto run = davit.run({"cron:run", "1a2b3c4d", "-a", "blog"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("done, cron.4711"));
  EXPECT_THAT(server.lines(), Contains(HasSubstr("POST /apps/blog/cron/1a2b3c4d/actions/run")));
  EXPECT_NE(davit.run({"cron:run", "-a", "blog"}).status, 0);
  EXPECT_NE(davit.run({"cron:run", "../../x", "-a", "blog"}).status, 0);
  EXPECT_THAT(server.lines(), Contains(HasSubstr("/cron/..%2F..%2Fx/actions/run")));
}

}  // namespace
}  // namespace davit::test
