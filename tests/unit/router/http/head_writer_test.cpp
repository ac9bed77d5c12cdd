#include "router/http/head_writer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "router/http/head_parser.hpp"

namespace davit::router::http {
namespace {

const ForwardInfo info{"203.0.113.7", "http", "8080", "rid", 1700000000123};

std::string rewritten(const std::string& bytes) {
  const auto head = std::make_unique<RequestHead>();
  EXPECT_FALSE(parse_request(bytes, *head));
  std::string out(bytes.size() + limits::block_headroom, '\0');
  out.resize(write_request(*head, info, out));
  return out;
}
std::string rewritten_response(const std::string& bytes, ResponseWriting how) {
  const auto head = std::make_unique<ResponseHead>();
  EXPECT_FALSE(parse_response(bytes, false, *head));
  std::string out(bytes.size() + limits::block_headroom, '\0');
  out.resize(write_response(*head, how, out));
  return out;
}

TEST(RequestWriter, AddsWhatTheContractPromises) {
  EXPECT_EQ(rewritten("GET /p HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n\r\n"),
            "GET /p HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nX-Request-Id: rid\r\n"
            "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 8080\r\n"
            "X-Request-Start: 1700000000123\r\nVia: 1.1 davit\r\n\r\n");
}

TEST(RequestWriter, AppendsTheClientAndReplacesWhatAClientClaims) {
  const std::string out = rewritten(
      "GET / HTTP/1.1\r\nX-Forwarded-For: 1.1.1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\n"
      "X-Forwarded-For: 2.2.2.2\r\nX-Forwarded-Port: 443\r\nX-Request-Start: 1\r\nX-Request-Id: "
      "x\r\n\r\n");
  EXPECT_NE(out.find("X-Forwarded-For: 1.1.1.1, 2.2.2.2, 203.0.113.7\r\n"), out.npos);
  EXPECT_EQ(out.find("https"), out.npos);
  EXPECT_EQ(out.find("443"), out.npos);
  EXPECT_EQ(out.find("Start: 1\r\n"), out.npos);
  EXPECT_EQ(out.find("Id: x"), out.npos);
}

TEST(RequestWriter, HopByHopHeadersEndHere) {
  const std::string out = rewritten(
      "GET / HTTP/1.1\r\nConnection: close, X-Mine, Host, Content-Length\r\nX-Mine: 1\r\nHost: "
      "a\r\n"
      "Keep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nExpect: "
      "100-continue\r\n"
      "Content-Length: 3\r\nX-Theirs: 2\r\n\r\n");
  for (const char* gone : {"Connection", "X-Mine", "Keep-Alive", "TE:", "Upgrade", "Expect"}) {
    EXPECT_EQ(out.find(gone), out.npos) << gone;
  }
  // A client cannot take framing or the host away.
  for (const char* kept : {"Host: a\r\n", "Content-Length: 3\r\n", "X-Theirs: 2\r\n"}) {
    EXPECT_NE(out.find(kept), out.npos) << kept;
  }
}

TEST(RequestWriter, UpgradesArePassedOn) {
  const std::string out =
      rewritten("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_NE(out.find("Connection: Upgrade\r\nUpgrade: websocket\r\n"), out.npos);
}

TEST(ResponseWriter, OnlyOneFramingReachesTheClient) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nConnection: "
      "keep-alive\r\n\r\n";
  EXPECT_EQ(rewritten_response(bytes, {}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nVia: 1.1 davit\r\n\r\n");
  ResponseWriting bare;
  bare.drop_chunked = bare.close = true;
  EXPECT_EQ(rewritten_response(bytes, bare),
            "HTTP/1.1 200 OK\r\nVia: 1.1 davit\r\nConnection: close\r\n\r\n");
}

TEST(ResponseWriter, AddsHstsWhereTheAppSendsNone) {
  ResponseWriting how;
  how.hsts = "max-age=60";
  const std::string own = "HTTP/1.1 204 No\r\nStrict-Transport-Security: max-age=1\r\n\r\n";
  EXPECT_EQ(rewritten_response(own, how).find("max-age=60"), std::string::npos);
  EXPECT_NE(rewritten_response("HTTP/1.1 204 No\r\n\r\n", how)
                .find("\r\nStrict-Transport-Security: max-age=60\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace davit::router::http
