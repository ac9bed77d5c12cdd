#include "server/sources/source.hpp"

#include <gmock/gmock.h>

namespace davit::sources {
namespace {

using Kind = Source::Kind;

Rules rules() {
  Rules rules;
  rules.bundled = {"nodejs", "python"};
  rules.names = {{"corp/pack", "http://git.corp/pack.git"}, {"heroku/ruby", "/srv/ruby"}};
  return rules;
}

Source parsed(const char* text) {
  auto source = Source::parse(text, rules());
  EXPECT_TRUE(source) << text << ": " << source.error().message;
  return source ? *source : Source();
}

TEST(SourceText, BundledPacksByTheirNames) {
  for (const char* text : {"nodejs", "heroku/nodejs", "davit/nodejs", "urn:buildpack:heroku/nodejs",
                           "  heroku/nodejs\r\n"}) {
    EXPECT_EQ(parsed(text).kind, Kind::bundled) << text;
    EXPECT_EQ(parsed(text).location, "nodejs") << text;
  }
}

TEST(SourceText, RepositoriesArchivesAndFolders) {
  const Source git = parsed("https://me:pw@example.com/a/My.Pack.git#feature/x");
  EXPECT_EQ(git.kind, Kind::git);
  EXPECT_EQ(git.ref, "feature/x");
  EXPECT_EQ(git.name, "my-pack");
  EXPECT_EQ(git.shown, "https://example.com/a/My.Pack.git#feature/x");
  EXPECT_EQ(parsed("owner/repo#v1").location, "https://github.com/owner/repo");
  EXPECT_EQ(parsed("heroku/go").location, "https://github.com/heroku/heroku-buildpack-go");
  EXPECT_EQ(parsed("heroku-community/apt").location,
            "https://github.com/heroku/heroku-buildpack-apt");
  EXPECT_EQ(parsed("https://example.com/p.tgz?x=1").kind, Kind::archive);
  EXPECT_EQ(parsed("file:///srv/a%20b").location, "/srv/a b");
  EXPECT_EQ(parsed("/srv/packs/mine").kind, Kind::local);
}

TEST(SourceText, WhatAnAdminHasMappedIsTrustedAndKeepsItsName) {
  const Source mapped = parsed("corp/pack#v2");
  EXPECT_EQ(mapped.location, "http://git.corp/pack.git");
  EXPECT_EQ(mapped.ref, "v2");
  EXPECT_EQ(mapped.shown, "corp/pack#v2");
  EXPECT_TRUE(mapped.trusted);
  EXPECT_EQ(parsed("heroku/ruby").kind, Kind::local);
  EXPECT_FALSE(parsed("heroku/go").trusted);
}

TEST(SourceText, WhatCannotBeFetchedIsRefused) {
  for (const char* text :
       {"", "a b", "nonsense", "git@github.com:a/b.git", "ssh://git@host/a", "git://host/a",
        "http://example.com/a.git", "../pack", "-x/y", "a/b/c", "https://", "https:///x",
        "file://host/x", "heroku/nodejs#v1", "https://h/a.git#a..b", "https://h/a.git#--upload",
        "https://h/a.tgz#v1", "javascript://x", "https://h/\x01"}) {
    EXPECT_FALSE(Source::parse(text, rules())) << text;
  }
  EXPECT_THAT(Source::parse("https://me:hunter2@h/a.tgz#v1", rules()).error().message,
              testing::Not(testing::HasSubstr("hunter2")));
}

TEST(BuildpacksFile, OneALineWithoutBlanksAndComments) {
  EXPECT_THAT(parse_buildpacks_file("# ours\n\n heroku/nodejs \r\nhttps://x/y.git#v1").value(),
              testing::ElementsAre("heroku/nodejs", "https://x/y.git#v1"));
  std::string many;
  for (int i = 0; i < 21; ++i) many += "a/b\n";
  EXPECT_EQ(parse_buildpacks_file(many).error().code, Errc::limit_exceeded);
}

}  // namespace
}  // namespace davit::sources
