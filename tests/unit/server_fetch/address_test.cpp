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
  EXPECT_EQ(address->url(), "https://nodejs.org/dist/index.json?a=1");
  EXPECT_EQ(address->shown(), "https://nodejs.org/dist/index.json?...");
  const auto six = Address::parse("http://[::1]:8080");
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->host_port(), "[::1]:8080");
  EXPECT_EQ(six->target, "/");
  for (const char* text : {"", "nodejs.org", "ftp://x/", "https://", "file:///etc/passwd",
                           "https://a b/", "https://x/\r\nEvil: 1"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
}

// A review's finding: a host came decoded, so that "%0d%0a" in it ended a line of what the admin's
// proxy reads; and what getaddrinfo(3) takes for 127.0.0.1 passed the guard as a name.
TEST(Address, AHostIsANameOrAnAddressAndNothingElse) {
  for (const char* text :
       {"http://a%0d%0aEvil:%201/", "http://%6cocalhost/", "http://a%00b/", "http://a b/",
        "http://a!b/", "http://a,b/", "http://[v1.x]/", "http://[fe80::1%25eth0]/", "http://a..b/",
        "http://.a/", "http://./", "http://a:0/", "http://a:65536/", "http://a:99999999999/",
        // As inet_aton(3) reads them: 127.0.0.1, and 10.0.0.1.
        "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/",
        "http://0x7f000001/", "http://127.0.0.0x1/", "http://127.0.0.01/", "http://0X7F.0.0.1/",
        "http://10.1/", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://a.1/", "http://a.0x/",
        "http://127.1./", "http://127.0.0.1./", "http://1.2.3.4a/", "http:/a/", "http:a",
        "http://2130706433./"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
  const auto host = [](const char* url) { return Address::parse(url).value().host; };
  EXPECT_EQ(host("http://127.0.0.1/"), "127.0.0.1");
  EXPECT_EQ(host("http://LocalHost./"), "localhost");
  EXPECT_EQ(host("http://[0:0::0:1]/"), "::1");
  EXPECT_EQ(host("http://[::ffff:127.0.0.1]/"), "::ffff:127.0.0.1");
  EXPECT_EQ(host("https://My_host-1.Example/"), "my_host-1.example");
  EXPECT_EQ(host("https://7.example/"), "7.example");
  EXPECT_FALSE(Address::parse("http://" + std::string(300, 'a') + "/"));
}

TEST(Address, WhatIsShownHoldsNoSecret) {
  EXPECT_EQ(shown_url("https://me:pw@h.example/a/@b/c.git?token=x#v1"),
            "https://h.example/a/@b/c.git?...#v1");
  EXPECT_EQ(shown_url("https://h.example/a?X-Amz-Signature=1"), "https://h.example/a?...");
  EXPECT_EQ(shown_url("https://me:p@ss@h.example/a"), "https://h.example/a");
  EXPECT_EQ(shown_url("https://me:p/ss@h.example/a"), "https://h.example/a");
  EXPECT_EQ(shown_url("me:pw@h.example/a"), "h.example/a");
  EXPECT_EQ(shown_url("https://[::1]:80/@a"), "https://[::1]:80/@a");
  EXPECT_EQ(shown_url("https://h.example:80/@a"), "https://h.example:80/@a");
  EXPECT_EQ(shown_url("heroku/nodejs#v1"), "heroku/nodejs#v1");
  const auto error = Address::parse("https://me:pw@h x/?token=t").error().message;
  EXPECT_EQ(error.find("pw"), std::string::npos) << error;
  EXPECT_EQ(error.find("token"), std::string::npos) << error;
}

TEST(Address, AUserAndPasswordBelongToTheirHost) {
  const std::string url = "https://me:p%40ss@a.example/x";
  EXPECT_EQ(with_userinfo_of("https://a.example/y", url), "https://me:p%40ss@a.example/y");
  EXPECT_EQ(with_userinfo_of("https://b.example/y", url), "https://b.example/y");
  EXPECT_EQ(with_userinfo_of("http://a.example/y", url), "http://a.example/y");
  EXPECT_EQ(with_userinfo_of("https://a.example/y", "https://a.example/x"), "https://a.example/y");
}

TEST(Address, RedirectsStayEncrypted) {
  const auto from = Address::parse("https://a.example/x").value();
  EXPECT_EQ(from.follow("/y")->url(), "https://a.example/y");
  EXPECT_EQ(from.follow("//b.example/y")->url(), "https://b.example/y");
  EXPECT_EQ(from.follow("https://b.example/y")->url(), "https://b.example/y");
  EXPECT_FALSE(from.follow("http://a.example/y"));
  EXPECT_FALSE(from.follow("file:///etc/passwd"));
  EXPECT_TRUE(Address::parse("http://a.example/x")->follow("https://a.example/y"));
}

TEST(Proxies, AreTakenAsCurlDoes) {
  const Proxies proxies(
      std::map<std::string, std::string>{{"HTTPS_PROXY", "http://u:p%40@proxy:3128"},
                                         {"http_proxy", "plain:8080"},
                                         {"NO_PROXY", "localhost, .Corp.example,127.0.0.1"}});
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
