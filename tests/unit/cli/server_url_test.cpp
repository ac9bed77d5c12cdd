#include "cli/server_url.hpp"

#include <gtest/gtest.h>

namespace davit::cli {
namespace {

TEST(ServerUrl, HasOneNormalForm) {
  EXPECT_EQ(ServerUrl::parse("https://PaaS.Example.com:443/")->str(), "https://paas.example.com");
  EXPECT_EQ(ServerUrl::parse("http://localhost:8080")->str(), "http://localhost:8080");
  EXPECT_EQ(ServerUrl::parse("http://[::1]:8080")->str(), "http://[::1]:8080");
}

TEST(ServerUrl, WithoutASchemeIsHttpOnlyForThisMachine) {
  EXPECT_EQ(ServerUrl::parse("localhost:8080")->str(), "http://localhost:8080");
  EXPECT_EQ(ServerUrl::parse("api.localhost:8080")->str(), "http://api.localhost:8080");
  EXPECT_EQ(ServerUrl::parse("paas.example.com")->str(), "https://paas.example.com");
  // Ends in the word, but is another host.
  EXPECT_EQ(ServerUrl::parse("notlocalhost")->str(), "https://notlocalhost");
}

TEST(ServerUrl, RefusesWhatIsMoreOrLessThanAServer) {
  for (const char* text :
       {"", "ftp://x", "http://", "http://user:pw@host", "http://host/path", "http://host?q",
        "http://ho st", "http://h:99999", "http://h:0", "://"}) {
    const auto url = ServerUrl::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, Errc::invalid_argument);
  }
}

TEST(ServerUrl, LooseSpellingsOfLocalhostAreNotThisMachine) {
  EXPECT_TRUE(ServerUrl::parse("http://127.0.0.1")->is_this_machine());
  EXPECT_FALSE(ServerUrl::parse("http://localhost.example.com")->is_this_machine());
}

TEST(GitUrl, NamesServerAndApp) {
  const auto url = GitUrl::parse("http://git.localhost:8080/blog.git");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->server.str(), "http://git.localhost:8080");
  EXPECT_EQ(url->app, "blog");
  EXPECT_FALSE(GitUrl::parse("git@github.com:me/blog.git"));
  EXPECT_FALSE(GitUrl::parse("http://git.localhost:8080/"));
}

TEST(WebUrl, KeepsPathAndQueryAsTheyAre) {
  const auto url = WebUrl::parse("https://h/logs/a%2Fb?token=x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->target, "/logs/a%2Fb?token=x");
  EXPECT_EQ(WebUrl::parse("http://h")->target, "/");
}

}  // namespace
}  // namespace davit::cli
