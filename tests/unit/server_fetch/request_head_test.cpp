#include "server/fetch/request_head.hpp"

#include <gtest/gtest.h>

#include "server/fetch/rate_floor.hpp"

namespace davit::fetch {
namespace {
using namespace std::chrono_literals;

TEST(RequestHead, SaysWhatIsAskedForOnceToEachReader) {
  const auto address = Address::parse("http://me:pw@a.example/x?y").value();
  const auto proxy = Address::parse("http://ann:secret@proxy:3128").value();
  const FetchRequest request{"", "*/*", 10, 1s};
  const auto direct = request_head(request, address, {}).value();
  EXPECT_TRUE(direct.starts_with("GET /x?y HTTP/1.1\r\nHost: a.example\r\n")) << direct;
  EXPECT_EQ(direct.find("Proxy-Authorization"), direct.npos);
  const auto through = request_head(request, address, proxy).value();
  EXPECT_TRUE(through.starts_with("GET http://a.example/x?y HTTP/1.1\r\n")) << through;
  const auto tunnel = tunnel_head(address, proxy).value();
  EXPECT_TRUE(tunnel.starts_with("CONNECT a.example:80 HTTP/1.1\r\n")) << tunnel;
  EXPECT_EQ(tunnel.find("\r\nAuthorization"), tunnel.npos) << "not the proxy's to read";
}

// Whatever lets such a host pass: it ends here.
TEST(RequestHead, NoPartOfItIsMoreThanItsLine) {
  const auto good = Address::parse("http://a.example/x").value();
  const FetchRequest request{"", "*/*", 10, 1s};
  for (const char* text : {"a\r\nEvil: 1", "a\nb", "a b", "a\tb", "a\x7f", "\xc3\xa4", ""}) {
    Address bad = good;
    bad.target = text;
    EXPECT_FALSE(request_head(request, bad, {})) << text;
    bad = good;
    bad.host = text;
    if (bad.host.empty()) continue;
    EXPECT_FALSE(tunnel_head(bad, good)) << text;
    EXPECT_FALSE(request_head(request, bad, good)) << text;
  }
  FetchRequest agent = request;
  agent.agent = "x\r\nEvil: 1";
  EXPECT_FALSE(request_head(agent, good, {}));
}

TEST(RateFloor, WhoSendsNextToNothingIsFoundAtTheEndOfAWindow) {
  const SteadyTime begin{};
  RateFloor floor(100, 10s, begin);
  EXPECT_TRUE(floor.take(1, begin + 9s)) << "it may think for a while";
  EXPECT_TRUE(floor.take(999, begin + 10s));
  EXPECT_TRUE(floor.take(500, begin + 15s));
  EXPECT_FALSE(floor.take(499, begin + 21s));
}

}  // namespace
}  // namespace davit::fetch
