// releases:canary, releases:promote, releases:abort.
#include <gmock/gmock.h>

#include "api_server.hpp"
#include "davit_program.hpp"

namespace davit::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class CanaryCommands : public testing::Test {
 protected:
  CanaryCommands() {
    davit_.env["DAVIT_URL"] = server_.url();
    davit_.env["DAVIT_API_KEY"] = "secret-key";
  }
  ApiServer server_{[](const SeenRequest& request) -> Answer {
    if (request.target == "/apps/blog/canary") {
      return {200, R"({"percent":10,"promote_after":"15m",)"
                   R"("release":{"id":"r-12","version":12,"percent":10,"promote_at":null}})"};
    }
    if (request.target == "/apps/blog/canary/actions/promote") return {200, R"({"version":12})"};
    if (request.target == "/apps/blog/releases") {
      return {200, R"([{"version":12,"status":"succeeded","eligible_for_rollback":false,)"
                   R"("canary":{"percent":10,"promote_at":null}},)"
                   R"({"version":11,"status":"succeeded","current":true}])"};
    }
    if (request.target == "/apps/quiet/canary") return {200, R"({"release":null})"};
    return {409, R"({"message":"release v12 is not the canary now"})"};
  }};
  DavitProgram davit_;
};

TEST_F(CanaryCommands, TheSettingAndTheOneThatServesAreTold) {
  const auto told = davit_.run({"releases:canary", "-a", "blog"});
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("10% of requests, and get all of them after 15m"));
  EXPECT_THAT(told.out, HasSubstr("v12, 10% of requests"));
}

TEST_F(CanaryCommands, TheWholeSettingIsSent) {
  davit_.run({"releases:canary", "10%", "--after", "15m", "-a", "blog"});
  EXPECT_THAT(server_.lines(), Contains(HasSubstr(R"({"percent":10,"promote_after":"15m"})")));
  davit_.run({"releases:canary", "25", "-a", "blog"});
  EXPECT_THAT(server_.lines(), Contains(HasSubstr(R"({"percent":25,"promote_after":null})")));
  davit_.run({"releases:canary", "off", "-a", "blog"});
  EXPECT_THAT(server_.lines(), Contains(HasSubstr(R"({"percent":null,"promote_after":null})")));
}

TEST_F(CanaryCommands, WhatIsNoShareIsNotSent) {
  for (const char* word : {"0%", "100%", "ten", "10%%", "1.5%", "-5"}) {
    EXPECT_NE(davit_.run({"releases:canary", word, "-a", "blog"}).status, 0) << word;
  }
  const auto alone = davit_.run({"releases:canary", "--after", "15m", "-a", "blog"});
  EXPECT_THAT(alone.err, HasSubstr("goes with a share"));
  EXPECT_THAT(server_.lines(), Not(Contains(HasSubstr("PATCH"))));
}

TEST_F(CanaryCommands, TheOneThatWasSeenIsEnded) {
  EXPECT_THAT(davit_.run({"releases:promote", "v12", "-a", "blog"}).err, HasSubstr("v12"));
  EXPECT_THAT(server_.lines(), Contains(HasSubstr(R"({"release":"r-12"})")));
  const auto late = davit_.run({"releases:abort", "-a", "blog"});
  EXPECT_NE(late.status, 0);
  EXPECT_THAT(late.err, HasSubstr("is not the canary now"));
}

TEST_F(CanaryCommands, AnotherThanTheOneMeantIsLeftAlone) {
  const auto other = davit_.run({"releases:promote", "v11", "-a", "blog"});
  EXPECT_NE(other.status, 0);
  EXPECT_THAT(other.err, HasSubstr("v11 is not the canary now, v12 is"));
  EXPECT_THAT(davit_.run({"releases:abort", "-a", "quiet"}).err, HasSubstr("no canary serves now"));
  EXPECT_THAT(server_.lines(), Not(Contains(HasSubstr("POST"))));
}

TEST_F(CanaryCommands, ARollbackBesideOneMustSayWhereTo) {
  EXPECT_THAT(davit_.run({"releases", "-a", "blog"}).out, HasSubstr("canary: 10% of requests"));
  const auto refused = davit_.run({"rollback", "-a", "blog"});
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.err, HasSubstr("releases:abort"));
  EXPECT_THAT(server_.lines(), Not(Contains(HasSubstr("POST"))));
}

}  // namespace
}  // namespace davit::test
