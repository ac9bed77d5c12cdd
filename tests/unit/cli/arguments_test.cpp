#include "cli/arguments.hpp"

#include <gtest/gtest.h>

namespace davit::cli {
namespace {

using Words = std::vector<std::string>;

struct Line {
  std::string app;
  bool flag = false;
  Words command;
};

Result<Line> parse(Words words, Need need = Need::required) {
  Arguments arguments;
  Line line;
  arguments.command("COMMAND", line.command, "what to run", need);
  arguments.option("-a,--app", "APP", line.app, "the app");
  arguments.flag("--no-tty", line.flag, "no terminal");
  DAVIT_TRY(arguments.parse(std::move(words)));
  return line;
}

TEST(ArgumentsCommand, OurOptionsComeFirstAndTheRestIsTheCommands) {
  const auto line =
      parse({"-a", "blog", "--no-tty", "ls", "-la", "--app", "x", "--help", "[a]"}).value();
  EXPECT_EQ(line.app, "blog");
  EXPECT_TRUE(line.flag);
  EXPECT_EQ(line.command, (Words{"ls", "-la", "--app", "x", "--help", "[a]"}));
}

TEST(ArgumentsCommand, AfterTwoDashesEverythingIsTheCommands) {
  EXPECT_EQ(parse({"-a", "blog", "--", "-x", "--no-tty"}).value().command,
            (Words{"-x", "--no-tty"}));
  EXPECT_EQ(parse({"--", "ls", "--", "x"}).value().command, (Words{"ls", "--", "x"}));
}

TEST(ArgumentsCommand, AMisspeltOptionIsNoCommand) {
  const auto line = parse({"--notty", "ls"});
  ASSERT_FALSE(line);
  EXPECT_NE(line.error().message.find("--notty"), std::string::npos);
}

TEST(ArgumentsCommand, MayBeLeftOutOnlyWhereItHasADefault) {
  EXPECT_FALSE(parse({"-a", "blog"}));
  EXPECT_TRUE(parse({"-a", "blog"}, Need::optional).value().command.empty());
}

}  // namespace
}  // namespace davit::cli
