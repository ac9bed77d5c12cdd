#include "server/build/slugignore.hpp"

#include <gtest/gtest.h>

namespace davit::build {
namespace {

bool ignored(std::string_view patterns, std::string_view path, bool directory = false) {
  return SlugIgnore::parse(patterns).value().matches(path, directory);
}

TEST(Glob, MatchesLikeAShell) {
  EXPECT_TRUE(glob_matches("*.psd", "a.psd"));
  EXPECT_TRUE(glob_matches("*", ".hidden"));
  EXPECT_FALSE(glob_matches("?.c", "ab.c"));
  EXPECT_TRUE(glob_matches("[a-c]x", "bx"));
  EXPECT_FALSE(glob_matches("[!a-c]x", "bx"));
  EXPECT_TRUE(glob_matches("[]]", "]"));
  EXPECT_TRUE(glob_matches("[ab", "[ab"));
  EXPECT_TRUE(glob_matches("\\*", "*"));
  EXPECT_FALSE(glob_matches("\\*", "a"));
  EXPECT_TRUE(glob_matches("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(glob_matches("", "a"));
}

// A naive matcher needs 2^30 steps for it.
TEST(Glob, ManyStarsAreNoTrap) {
  EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(3000, 'a')));
}

TEST(SlugIgnore, APatternWithoutASlashMatchesAtAnyDepth) {
  EXPECT_TRUE(ignored("*.psd", "a.psd"));
  EXPECT_TRUE(ignored("*.psd", "design/old/a.psd"));
  EXPECT_TRUE(ignored("test", "lib/test", true));
  EXPECT_FALSE(ignored("test", "lib/tests"));
}

TEST(SlugIgnore, OnlyAPatternThatBeginsWithASlashStartsAtTheRoot) {
  EXPECT_TRUE(ignored("/docs", "docs", true));
  EXPECT_FALSE(ignored("/docs", "lib/docs", true));
  EXPECT_TRUE(ignored("docs/*.pdf", "docs/a.pdf"));
  EXPECT_TRUE(ignored("docs/*.pdf", "lib/docs/a.pdf"));
  EXPECT_FALSE(ignored("/docs/*.pdf", "lib/docs/a.pdf"));
  EXPECT_FALSE(ignored("docs/*.pdf", "docs/old/a.pdf"));
  EXPECT_TRUE(ignored("docs/**/*.pdf", "docs/a.pdf"));
  EXPECT_TRUE(ignored("docs/**/*.pdf", "docs/x/y/a.pdf"));
  EXPECT_TRUE(ignored("a/**/b/**/c", "a/x/b/b/y/c"));
}

TEST(SlugIgnore, ATrailingSlashMeansFoldersOnly) {
  EXPECT_TRUE(ignored("spec/", "spec", true));
  EXPECT_FALSE(ignored("spec/", "spec", false));
  EXPECT_TRUE(ignored("spec/", "lib/spec", true));
}

TEST(SlugIgnore, CommentsBlanksAndCarriageReturnsAreSkipped) {
  EXPECT_TRUE(SlugIgnore::parse("# all\r\n\r\n   \n").value().empty());
  EXPECT_TRUE(ignored("  tmp \r\n", "tmp"));
}

TEST(SlugIgnore, ThereIsNoNegation) {
  EXPECT_TRUE(ignored("*.md\n!README.md", "README.md"));
  EXPECT_TRUE(ignored("!README.md", "!README.md"));
}

TEST(SlugIgnore, PatternsForEverythingAreNotBelieved) {
  for (const char* pattern : {"/", "**", "/**", ".", "./", "**/"}) {
    EXPECT_FALSE(ignored(pattern, "server.js")) << pattern;
  }
}

TEST(SlugIgnore, LimitsHold) {
  EXPECT_FALSE(SlugIgnore::parse(std::string(70'000, 'a')));
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "x\n";
  EXPECT_FALSE(SlugIgnore::parse(many));
}

}  // namespace
}  // namespace davit::build
