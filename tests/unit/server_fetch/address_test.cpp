#include "server/fetch/address.hpp"

#include <gtest/gtest.h>

namespace davit::fetch {
namespace {

TEST(Address, IsTakenApart) {
  const auto address = Address::parse("https://nodejs.org/dist/index.json?a=1");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "nodejs.org");
  EXPECT_EQ(address->port, "443");
  EXPECT_EQ(address->target, "/dist/index.json?a=1");
  EXPECT_EQ(address->str(), "https://nodejs.org/dist/index.json?a=1");
  const auto six = Address::parse("http://[::1]:8080");
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->host_port(), "[::1]:8080");
  EXPECT_EQ(six->target, "/");
  for (const char* text : {"", "nodejs.org", "ftp://x/", "https://", "file:///etc/passwd",
                           "https://a b/", "https://x/\r\nEvil: 1"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
}

TEST(Address, RedirectsStayEncrypted) {
  const auto from = Address::parse("https://a.example/x").value();
  EXPECT_EQ(from.follow("/y")->str(), "https://a.example/y");
  EXPECT_EQ(from.follow("//b.example/y")->str(), "https://b.example/y");
  EXPECT_EQ(from.follow("https://b.example/y")->str(), "https://b.example/y");
  EXPECT_FALSE(from.follow("http://a.example/y"));
  EXPECT_FALSE(from.follow("file:///etc/passwd"));
  EXPECT_TRUE(Address::parse("http://a.example/x")->follow("https://a.example/y"));
}

TEST(Proxies, AreTakenAsCurlDoes) {
  const Proxies proxies(
      std::map<std::string, std::string>{{"HTTPS_PROXY", "http://u:p%40@proxy:3128"},
                                         {"http_proxy", "plain:8080"},
                                         {"NO_PROXY", "localhost, .corp.example,127.0.0.1"}});
  const auto through = [&](const char* url) {
    const auto proxy = proxies.for_address(Address::parse(url).value()).value();
    return proxy ? proxy->host_port() : "direct";
  };
  EXPECT_EQ(through("https://nodejs.org/"), "proxy:3128");
  EXPECT_EQ(through("http://nodejs.org/"), "plain:8080");
  EXPECT_EQ(through("https://npm.corp.example/"), "direct");
  EXPECT_EQ(through("https://corp.example/"), "direct");
  EXPECT_EQ(through("https://notcorp.example/"), "proxy:3128");
  EXPECT_EQ(through("http://127.0.0.1:1/"), "direct");
  const auto proxy = proxies.for_address(Address::parse("https://x/").value()).value();
  EXPECT_EQ(proxy->userinfo, "u:p@");
  EXPECT_FALSE(Proxies(std::map<std::string, std::string>{{"HTTPS_PROXY", "https://p"}})
                   .for_address(Address::parse("https://x/").value()));
}

}  // namespace
}  // namespace davit::fetch
