#include "router/http/head_parser.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace davit::router::http {
namespace {

// What the router says to a request head: empty when it accepts it, "incomplete", or the reason it
// refuses.
std::string judge(const std::string& bytes, RequestHead& head) {
  HeadScan scan(limits::header_line_bytes_max);
  switch (scan.scan(bytes)) {
    case HeadScan::State::incomplete: return "incomplete";
    case HeadScan::State::refused: return scan.refusal();
    case HeadScan::State::complete: break;
  }
  const auto refusal = parse_request(std::string_view(bytes).substr(0, scan.head_bytes()), head);
  return refusal ? refusal.why : "";
}
std::string judge(const std::string& bytes) {
  const auto head = std::make_unique<RequestHead>();
  return judge(bytes, *head);
}
std::string with(const std::string& headers) {
  return "GET / HTTP/1.1\r\nHost: a.test\r\n" + headers + "\r\n";
}

TEST(RequestHead, WhatRfcsAllowIsAccepted) {
  const std::string accepted[] = {
      with(""),
      with("X-Empty:\r\n"),
      with("X: \t padded \t \r\n"),
      with("X-Obs: caf\xc3\xa9\r\n"),
      with("!#$%&'*+-.^_`|~09Az: v\r\n"),
      with("Content-Length: 0\r\n"),
      with("Transfer-Encoding: Chunked\r\n"),
      with("Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"),
      with("Expect: 100-Continue\r\nContent-Length: 5\r\n"),
      "GET http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n",
      "GET https://A.test HTTP/1.1\r\nHost: a.test\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n",
      "PURGE /a%20b HTTP/1.1\r\nhOsT:a.test:8080\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
      "GET /\"quoted\" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  };
  for (const auto& head : accepted) EXPECT_EQ(judge(head), "") << head;
}

TEST(RequestHead, WhatTwoReadersMightReadDifferentlyIsRefused) {
  using namespace std::string_literals;
  const std::string refused[] = {
      with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      with("Content-Length: 5\r\nContent-Length: 5\r\n"),
      with("Content-Length: 5\r\nContent-Length: 6\r\n"),
      with("Content-Length: 5, 5\r\n"),
      with("Content-Length: +5\r\n"),
      with("Content-Length: -5\r\n"),
      with("Content-Length: 0x5\r\n"),
      with("Content-Length: 5 5\r\n"),
      with("Content-Length:\r\n"),
      with("Content-Length: 99999999999999999999\r\n"),
      with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      with("Transfer-Encoding: gzip, chunked\r\n"),
      with("Transfer-Encoding: xchunked\r\n"),
      with("Transfer-Encoding: chunked,\r\n"),
      with("Transfer-Encoding : chunked\r\n"),
      with("Transfer-Encoding\r\n"),
      with("Transfer-Encoding: \x0b"
           "chunked\r\n"),
      with(" folded: 1\r\n"),
      with("X: 1\r\n folded\r\n"),
      with("X: 1\r\n\tfolded\r\n"),
      with("X : 1\r\n"),
      with(": 1\r\n"),
      with("no colon\r\n"),
      with("X\tY: 1\r\n"),
      with("X(: 1\r\n"),
      with("X\xc3\xa9: 1\r\n"),
      with("X: a\rb\r\n"),
      with("X: a\0b\r\n"s),
      with("X: a\x7f\r\n"),
      with("X: 1\n"),
      with("Host: b.test\r\n"),
      with("Host: a.test\r\n"),
      with("Expect: 200-ok\r\n"),
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET / HTTP/1.1\r\nHost: \r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a:\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
      "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /#f HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / http/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
      "GET /\r\nHost: a\r\n\r\n",
      "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
      " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
      "\r\n\r\n",
  };
  for (const auto& head : refused) {
    const std::string why = judge(head);
    EXPECT_NE(why, "") << head;
    EXPECT_NE(why, "incomplete") << head;
  }
}

TEST(RequestHead, LimitsOfTheContractHold) {
  const auto target = [](std::size_t bytes) {
    return "GET /" + std::string(bytes, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(judge(target(8192 - 14)), "");
  EXPECT_NE(judge(target(8192 - 13)), "");
  EXPECT_EQ(judge(with(std::string(1000, 'n') + ": v\r\n")), "");
  EXPECT_NE(judge(with(std::string(1001, 'n') + ": v\r\n")), "");
  EXPECT_NE(judge(with("X: " + std::string(8192, 'v') + "\r\n")), "");
  EXPECT_NE(judge(std::string(128, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  std::string many;
  for (int i = 0; i < 999; ++i) many += "h: v\r\n";
  EXPECT_EQ(judge(with(many)), "");
  EXPECT_NE(judge(with(many + "h: v\r\n")), "");
}

TEST(RequestHead, AnUnendingLineIsRefusedBeforeItEnds) {
  HeadScan scan(limits::header_line_bytes_max);
  EXPECT_EQ(scan.scan(std::string(9000, 'a')), HeadScan::State::refused);
}

TEST(RequestHead, IsFoundHoweverTheBytesAreCut) {
  const std::string bytes = with("Content-Length: 5\r\n") + "hello";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    HeadScan scan(limits::header_line_bytes_max);
    const auto first = scan.scan(std::string_view(bytes).substr(0, cut));
    EXPECT_EQ(first == HeadScan::State::complete, cut >= bytes.size() - 5);
    if (first == HeadScan::State::incomplete) {
      EXPECT_EQ(scan.scan(bytes), HeadScan::State::complete);
    }
    EXPECT_EQ(scan.head_bytes(), bytes.size() - 5);
  }
}

TEST(RequestHead, SaysWhatTheRouterNeeds) {
  const auto head = std::make_unique<RequestHead>();
  const std::string bytes =
      "POST http://App.test:81/p?q HTTP/1.1\r\nHost: app.test:81\r\nContent-Length: 12\r\n"
      "Connection: close\r\nX-Request-Id: 0123456789-abcdefghij\r\nExpect: 100-continue\r\n"
      "Accept: application/json\r\n\r\n";
  ASSERT_EQ(judge(bytes, *head), "");
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/p?q");
  EXPECT_EQ(head->host, "app.test");
  EXPECT_EQ(head->body, BodyKind::length);
  EXPECT_EQ(head->content_length, 12u);
  EXPECT_FALSE(head->keep_alive);
  EXPECT_TRUE(head->expect_continue);
  EXPECT_TRUE(head->accepts_json);
  EXPECT_EQ(head->request_id, "0123456789-abcdefghij");
}

TEST(RequestHead, OldClientsKeepAliveOnlyWhenTheyAsk) {
  const auto head = std::make_unique<RequestHead>();
  ASSERT_EQ(judge("GET / HTTP/1.0\r\nHost: a\r\n\r\n", *head), "");
  EXPECT_FALSE(head->keep_alive);
  ASSERT_EQ(judge("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n", *head), "");
  EXPECT_TRUE(head->keep_alive);
}

TEST(RequestHead, UpgradeToCleartextHttp2IsNotAsked) {
  const auto head = std::make_unique<RequestHead>();
  ASSERT_EQ(judge(with("Connection: Upgrade\r\nUpgrade: websocket\r\n"), *head), "");
  EXPECT_TRUE(head->wants_upgrade);
  ASSERT_EQ(judge(with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"), *head), "");
  EXPECT_FALSE(head->wants_upgrade);
}

TEST(RequestHead, RequestIdsThatAreNoneAreNotKept) {
  EXPECT_FALSE(is_valid_request_id("too-short"));
  EXPECT_FALSE(is_valid_request_id(std::string(201, 'a')));
  EXPECT_FALSE(is_valid_request_id("0123456789 0123456789"));
  EXPECT_TRUE(is_valid_request_id("01234567-89ab-cdef-0123"));
}

struct ResponseCase {
  std::string bytes;
  bool to_head = false;
  BodyKind body = BodyKind::none;
  bool keep_alive = true;
};

TEST(ResponseHead, FramingFollowsRfc9112) {
  const ResponseCase cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, BodyKind::length, true},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, BodyKind::none, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", false,
       BodyKind::chunked, true},
      {"HTTP/1.1 200 OK\r\n\r\n", false, BodyKind::until_close, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, BodyKind::length, false},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, BodyKind::none, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, BodyKind::none, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, BodyKind::none, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", false, BodyKind::length,
       false},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", false, BodyKind::length,
       true},
  };
  const auto head = std::make_unique<ResponseHead>();
  for (const auto& each : cases) {
    ASSERT_FALSE(parse_response(each.bytes, each.to_head, *head)) << each.bytes;
    EXPECT_EQ(head->body, each.body) << each.bytes;
    EXPECT_EQ(head->keep_alive, each.keep_alive) << each.bytes;
  }
}

TEST(ResponseHead, WhatIsNoHttpIsRefused) {
  const std::string refused[] = {
      "HTTP/2 200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 600 OK\r\n\r\n",
      "hello world, this is no http\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
      "HTTP/1.1 200 O\x01K\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
  };
  const auto head = std::make_unique<ResponseHead>();
  for (const auto& bytes : refused) EXPECT_TRUE(parse_response(bytes, false, *head)) << bytes;
}

}  // namespace
}  // namespace davit::router::http
