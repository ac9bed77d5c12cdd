// routing, routing:set.
#include <gmock/gmock.h>

#include "api_server.hpp"
#include "davit_program.hpp"

namespace davit::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

class RoutingCommands : public testing::Test {
 protected:
  RoutingCommands() {
    davit_.env["DAVIT_URL"] = server_.url();
    davit_.env["DAVIT_API_KEY"] = "secret-key";
  }
  ApiServer server_{[](const SeenRequest& request) -> Answer {
    if (request.target != "/apps/blog/routing") return {404, R"({"message":"Couldn't find it."})"};
    if (request.method == "GET") {
      return {200, R"({"limit":null,"policy":"least","affinity":false})"};
    }
    return {200, R"({"limit":20,"policy":"round-robin","affinity":true})"};
  }};
  DavitProgram davit_;
};

TEST_F(RoutingCommands, ItTellsHowRequestsAreShared) {
  const auto told = davit_.run({"routing", "-a", "blog"});
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("the default: 200 requests"));
  EXPECT_THAT(told.out, HasSubstr("least"));
}

TEST_F(RoutingCommands, OnlyWhatIsNamedIsSent) {
  const auto set =
      davit_.run({"routing:set", "limit=20", "policy=round-robin", "affinity=on", "-a", "blog"});
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_THAT(set.out, HasSubstr("20 requests"));
  EXPECT_THAT(server_.lines(),
              Contains(HasSubstr(R"({"affinity":true,"limit":20,"policy":"round-robin"})")));
  davit_.run({"routing:set", "limit=default", "-a", "blog"});
  EXPECT_THAT(server_.lines(), Contains(HasSubstr(R"({"limit":null})")));
}

TEST_F(RoutingCommands, TimesOfHstsAreSentInSeconds) {
  davit_.run({"routing:set", "https-redirect=on", "hsts=1y", "-a", "blog"});
  EXPECT_THAT(server_.lines(),
              Contains(HasSubstr(R"({"hsts_seconds":31536000,"https_redirect":true})")));
  davit_.run({"routing:set", "hsts=off", "-a", "blog"});
  EXPECT_THAT(server_.lines(), Contains(HasSubstr(R"({"hsts_seconds":0})")));
}

TEST_F(RoutingCommands, AWordThatIsNoSettingIsExplained) {
  for (const char* word : {"limit", "limit=many", "limit=5x", "affinity=maybe", "sticky=on", "=",
                           "hsts=", "hsts=soon", "hsts=1", "hsts=-1y", "https-redirect=yes"}) {
    const auto refused = davit_.run({"routing:set", word, "-a", "blog"});
    EXPECT_NE(refused.status, 0) << word;
    EXPECT_THAT(refused.err, HasSubstr("policy=least|round-robin|random")) << word;
  }
  EXPECT_TRUE(server_.lines().empty());
}

}  // namespace
}  // namespace davit::test
