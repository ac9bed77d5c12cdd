// Input that nobody sends by mistake.
#include <gmock/gmock.h>

#include "tests/support/http/raw_client.hpp"
#include "tests/support/http/running_server.hpp"

namespace davit::test {
namespace {

using http::Exchange;
using http::ResponseHead;
using testing::HasSubstr;
using testing::StartsWith;

Task<> read_all(Exchange& exchange) {
  std::string piece(1000, '\0');
  for (;;) {
    auto got = co_await exchange.read_some(asio::buffer(piece));
    if (got && *got > 0) continue;
    ResponseHead head;
    head.status = got ? 200 : 400;
    std::string text = got ? "fine" : got.error().message;
    co_await exchange.respond(std::move(head), std::move(text));
    co_return;
  }
}

std::string answer_to(const RunningServer& server, std::string_view request) {
  auto client = RawClient::tcp(server.port());
  client.send(request);
  return client.read_all();
}

TEST(HttpInput, PathsThatCouldEscapeAreBadRequests) {
  RunningServer server(read_all);
  for (const char* path : {"/../x", "/%2e%2e/x", "/a%00", "/a//b", "/a%0d%0ab"}) {
    const auto answer = answer_to(server, fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << path;
    EXPECT_THAT(answer, HasSubstr(R"({"id":"bad_request","message":)")) << path;
  }
}

TEST(HttpInput, GarbageAndAmbiguityAreBadRequests) {
  RunningServer server(read_all);
  for (const char* request : {
           "\x16\x03\x01\x02garbage\r\n\r\n",
           "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
           "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
       }) {
    EXPECT_THAT(answer_to(server, request), StartsWith("HTTP/1.1 400 ")) << request;
  }
}

TEST(HttpInput, ALongHeadIsTakenUpToTheLimitOnly) {
  RunningServer server(read_all);
  const std::string long_value(60 * 1024, 'v');
  auto client = RawClient::tcp(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + long_value + "\r\n\r\n");
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200 "));
  const auto answer = answer_to(server, "GET / HTTP/1.1\r\nHost: x\r\nX: " + long_value +
                                            "\r\nY: " + long_value + "\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
}

TEST(HttpInput, AClaimedBodyOverTheLimitIsRefusedUnread) {
  RunningServer server(read_all);
  const auto answer =
      answer_to(server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10737418240\r\n\r\nx");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
}

TEST(HttpInput, AChunkedBodyIsHeldToTheSameLimit) {
  http::ServerConfig config;
  config.body_bytes_max = 10;
  RunningServer server(read_all, config);
  for (const char* body :
       {"b\r\n01234567890\r\n0\r\n\r\n", "6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n", "zz\r\n"}) {
    const auto answer = answer_to(
        server,
        std::string("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n") + body);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << body;
  }
}

TEST(HttpInput, AChunkLineWithoutEndIsRefused) {
  RunningServer server(read_all);
  const auto answer =
      answer_to(server, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                            std::string(300'000, 'e'));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
}

TEST(HttpInput, ABodyThatStopsShortIsAnError) {
  RunningServer server(read_all);
  auto client = RawClient::tcp(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123");
  client.end_input();
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 400 "));
}

TEST(HttpInput, SlowHeadersTimeOut) {
  http::ServerConfig config;
  config.header_timeout = std::chrono::seconds(0);
  RunningServer server(read_all, config);
  auto client = RawClient::tcp(server.port());
  client.send("GET / HT");
  EXPECT_EQ(client.read_all().find("200"), std::string::npos);  // closed without a response
}

}  // namespace
}  // namespace davit::test
