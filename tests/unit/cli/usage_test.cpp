#include <gmock/gmock.h>

#include "api_server.hpp"
#include "davit_program.hpp"

namespace davit::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Usage, HelpListsEveryTopicAlignedAndWithoutColoursInAPipe) {
  DavitProgram davit;
  const auto ended = davit.run({"help"});
  EXPECT_EQ(ended.status, 0);
  for (const char* word :
       {"ps:scale", "config:set", "rollback", "admin users:add", "git:clone", "why"}) {
    EXPECT_THAT(ended.out, HasSubstr(word));
  }
  EXPECT_THAT(ended.out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(davit.run({}).out, ended.out);
  EXPECT_EQ(davit.run({"--help"}).out, ended.out);
}

TEST(Usage, HelpOfACommandIsTheSameEitherWay) {
  DavitProgram davit;
  const auto ended = davit.run({"help", "ps:scale"});
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.out, HasSubstr("davit ps:scale web=2 worker+1"));
  EXPECT_THAT(ended.out, HasSubstr("-a, --app APP"));
  EXPECT_EQ(davit.run({"ps:scale", "--help"}).out, ended.out);
}

TEST(Usage, AnUnknownCommandSuggestsTheNearest) {
  DavitProgram davit;
  const auto ended = davit.run({"relaeses"});
  EXPECT_EQ(ended.status, 127);
  EXPECT_THAT(ended.err, HasSubstr("davit releases"));
}

TEST(Usage, AnUnknownOptionOrArgumentIsTheUsersMistake) {
  DavitProgram davit;
  EXPECT_EQ(davit.run({"ps", "--frobnicate"}).status, 1);
  EXPECT_EQ(davit.run({"apps", "one", "two"}).status, 1);
  EXPECT_EQ(davit.run({"config:set"}).status, 1);
  EXPECT_EQ(davit.run({"logs", "-n", "0"}).status, 1);
}

TEST(Usage, VersionIsPrinted) {
  DavitProgram davit;
  EXPECT_THAT(davit.run({"version"}).out, testing::StartsWith("davit/"));
}

TEST(Usage, AServerThatIsNotThereIsNamed) {
  std::string url;
  {
    url = ApiServer([](const SeenRequest&) { return Answer{}; }).url();
  }
  DavitProgram davit;
  davit.env["DAVIT_URL"] = url;
  davit.env["DAVIT_API_KEY"] = "secret-key";
  const auto ended = davit.run({"apps"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_THAT(ended.err, HasSubstr("cannot connect to " + url));
}

TEST(Usage, AServerThatSpeaksNoJsonIsNamed) {
  const ApiServer server([](const SeenRequest&) { return Answer{200, "<html>", "text/html"}; });
  DavitProgram davit;
  davit.env["DAVIT_URL"] = server.url();
  davit.env["DAVIT_API_KEY"] = "secret-key";
  const auto ended = davit.run({"ps", "-a", "blog"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_THAT(ended.err, HasSubstr(server.url()));
}

}  // namespace
}  // namespace davit::test
