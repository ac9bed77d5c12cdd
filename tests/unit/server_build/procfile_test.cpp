#include "server/build/procfile.hpp"

#include <gtest/gtest.h>

#include "server/build/process_types.hpp"

namespace davit::build {
namespace {

ProcessTypes parsed(std::string_view text) {
  auto types = parse_procfile(text);
  EXPECT_TRUE(types) << (types ? "" : types.error().message);
  return types ? *types : ProcessTypes{};
}

std::string error_of(std::string_view text) {
  auto types = parse_procfile(text);
  return types ? "no error" : types.error().message;
}

TEST(Procfile, TypesAndCommandsAreRead) {
  EXPECT_EQ(parsed("web: node server.js\nworker:python bot.py\n"),
            (ProcessTypes{{"web", "node server.js"}, {"worker", "python bot.py"}}));
}

TEST(Procfile, CommandsAreKeptAsWritten) {
  EXPECT_EQ(parsed("web:\t a -p $PORT && b | c # \"x: y\"  \t\n").at("web"),
            "a -p $PORT && b | c # \"x: y\"");
}

TEST(Procfile, BlankLinesCommentsCarriageReturnsAndByteOrderMarkAreSkipped) {
  EXPECT_EQ(parsed("\xef\xbb\xbf# types\r\n\r\n   \r\nweb: run\r\n  # more\r\n").size(), 1u);
}

TEST(Procfile, TheLastLineNeedsNoNewline) { EXPECT_EQ(parsed("web: run").at("web"), "run"); }

TEST(Procfile, AnEmptyFileDeclaresNothing) { EXPECT_TRUE(parsed("").empty()); }

TEST(Procfile, ALineWithoutAColonIsAnErrorThatNamesIt) {
  EXPECT_NE(error_of("web: run\n<<<<<<< HEAD\n").find("line 2"), std::string::npos);
  EXPECT_NE(error_of("echo hi").find("echo hi"), std::string::npos);
}

TEST(Procfile, ABlankBeforeTheColonIsAnError) {
  EXPECT_NE(error_of("web : run").find("line 1"), std::string::npos);
}

TEST(Procfile, OddNamesAreErrors) {
  EXPECT_NE(error_of("we/b: run"), "no error");
  EXPECT_NE(error_of(": run"), "no error");
  EXPECT_NE(error_of(std::string(64, 'a') + ": run"), "no error");
  EXPECT_EQ(error_of(std::string(63, 'a') + ": run"), "no error");
}

TEST(Procfile, AnEmptyCommandIsAnError) {
  EXPECT_NE(error_of("web:   \n").find("no command"), std::string::npos);
}

TEST(Procfile, ATypeDeclaredTwiceIsAnError) {
  EXPECT_NE(error_of("web: a\nweb: b\n").find("twice"), std::string::npos);
}

// A command travels as JSON and as an argument of execve: neither takes these.
TEST(Procfile, ControlCharactersAndBadUtf8AreErrors) {
  EXPECT_NE(error_of(std::string_view("web: a\0b", 8)), "no error");
  EXPECT_NE(error_of("web: a\x1b[31m"), "no error");
  EXPECT_NE(error_of("web: a\xff"), "no error");
  EXPECT_NE(error_of("\xff\xfew\0").find("UTF-16"), std::string::npos);
}

TEST(Procfile, LimitsHold) {
  EXPECT_NE(error_of(std::string(70'000, '#')), "no error");
  std::string many;
  for (int i = 0; i < 101; ++i) many += fmt::format("t{}: run\n", i);
  EXPECT_NE(error_of(many), "no error");
}

TEST(ProcessTypesMerge, TheProcfileWinsNameByName) {
  EXPECT_EQ(
      merge_process_types({{"worker", "w"}, {"web", "mine"}}, {{"web", "npm start"}, {"x", "y"}}),
      (ProcessTypes{{"worker", "w"}, {"web", "mine"}, {"x", "y"}}));
}

TEST(ProcessTypesText, ReadsLikeTheVendors) {
  EXPECT_EQ(process_types_text({{"web", "a"}, {"worker", "b"}}, {{"web", "c"}, {"console", "d"}}),
            "-----> Discovering process types\n"
            "       Procfile declares types     -> web, worker\n"
            "       Default types for buildpack -> console\n");
  EXPECT_EQ(process_types_text({}, {}),
            "-----> Discovering process types\n       Procfile declares types     -> (none)\n"
            " !     Nothing says what to run. Commit a Procfile, such as `web: ./server`, and push.\n");
}

TEST(SizeText, HasOneDecimal) {
  EXPECT_EQ(size_text(512), "0.5K");
  EXPECT_EQ(size_text(61'131'981), "58.3M");
  EXPECT_EQ(size_text(3ull << 30), "3.0G");
}

}  // namespace
}  // namespace davit::build
