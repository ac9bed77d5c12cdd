#include "server/http/server.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <stdexcept>

#include "tests/support/http/raw_client.hpp"
#include "tests/support/http/running_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::test {
namespace {

using http::Exchange;
using http::ResponseHead;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Task<> echo(Exchange& exchange) {
  auto body = co_await exchange.read_body(1024 * 1024);
  ResponseHead head;
  if (!body) {
    head.status = body.error().code == Errc::too_large ? 413 : 400;
    auto message = body.error().message;
    co_await exchange.respond(std::move(head), std::move(message));
    co_return;
  }
  auto text = exchange.request().method + " " + exchange.request().path + " [" + *body + "]";
  co_await exchange.respond(std::move(head), std::move(text));
}

Task<> stream(Exchange& exchange) {
  ResponseHead head;
  head.fields.add("X-Note", "one\r\nInjected: yes");
  co_await exchange.start(std::move(head));
  for (const char* piece : {"first ", "", "second"}) {
    std::string bytes = piece;
    co_await exchange.write(std::move(bytes));
  }
  co_await exchange.finish();
}

TEST(HttpServer, AnswersSeveralRequestsOnOneConnection) {
  RunningServer server(echo);
  auto client = RawClient::tcp(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    const auto response = client.read_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(response, EndsWith("POST /a [hi]"));
  }
}

// Bytes that came with the request's head belong to the new protocol; the last of ours arrive
// although the client still sends.
TEST(HttpServer, AnUpgradedConnectionCarriesBytesBothWays) {
  RunningServer server([](Exchange& exchange) -> Task<> {
    const bool asked = http::asks_for_upgrade(exchange.request(), "parrot");
    if (!asked) {
      ResponseHead head;
      co_await exchange.respond(std::move(head), std::string("no"));
      co_return;
    }
    co_await exchange.upgrade("parrot");
    std::string heard;
    while (heard.find('.') == std::string::npos) {
      auto bytes = co_await exchange.receive();
      if (!bytes || bytes->empty()) co_return;
      heard += *bytes;
    }
    co_await exchange.send(std::move(heard));
  });
  auto client = RawClient::tcp(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: parrot\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("no"));
  client.send(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: Parrot\r\n\r\nhel");
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
  client.send("lo.");
  client.send("more");
  EXPECT_THAT(client.read_all(), StartsWith("hello."));
}

TEST(HttpServer, EveryResponseHasOneDate) {
  http::ServerConfig config;
  config.now = [] { return WallTime(std::chrono::seconds(784'111'777)); };
  auto dated = [](Exchange& exchange) -> Task<> {
    ResponseHead head;
    head.fields.add("Date", "yesterday");
    co_await exchange.respond(std::move(head), std::string());
  };
  const std::string date = "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  for (const http::Handler& handler : {http::Handler(dated), http::Handler(stream)}) {
    RunningServer server(handler, config);
    auto client = RawClient::tcp(server.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto head = client.read_until("\r\n\r\n");
    EXPECT_THAT(head, HasSubstr(date));
    EXPECT_THAT(head, Not(HasSubstr("yesterday")));
    auto broken = RawClient::tcp(server.port());
    broken.send("no request\r\n\r\n");
    EXPECT_THAT(broken.read_all(), HasSubstr(date));
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  RunningServer server(echo);
  auto client = RawClient::tcp(server.port());
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("GET /1 []"));
  EXPECT_THAT(client.read_response(), EndsWith("GET /2 []"));
}

TEST(HttpServer, DecodesAChunkedBodyWhateverTheCuts) {
  RunningServer server(echo);
  auto client = RawClient::tcp(server.port());
  const std::string request =
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n1;ext=1\r\nd\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    client.send(request.substr(0, cut));
    client.send(request.substr(cut));
    ASSERT_THAT(client.read_response(), EndsWith("POST /c [abcd]")) << "cut at " << cut;
  }
}

TEST(HttpServer, StreamsChunksAndKeepsTheConnection) {
  RunningServer server(stream);
  auto client = RawClient::tcp(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto response = client.read_until("0\r\n\r\n");
  EXPECT_THAT(response, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\n6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n"));
  EXPECT_THAT(response, Not(HasSubstr("\r\nInjected")));
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("Connection: close\r\n\r\n"));
}

TEST(HttpServer, ClosesAfterAStreamToAnOldClient) {
  RunningServer server(stream);
  auto client = RawClient::tcp(server.port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  const auto response = client.read_all();
  EXPECT_THAT(response, Not(HasSubstr("chunked")));
  EXPECT_THAT(response, EndsWith("\r\n\r\nfirst second"));
}

TEST(HttpServer, SendsContinueOnlyWhenTheBodyIsWanted) {
  RunningServer wanting(echo);
  auto client = RawClient::tcp(wanting.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.read_response(), EndsWith("[ok]"));

  RunningServer refusing([](Exchange& exchange) -> Task<> {
    ResponseHead head;
    head.status = 403;
    std::string text = "no";
    co_await exchange.respond(std::move(head), std::move(text));
  });
  auto other = RawClient::tcp(refusing.port());
  other.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const auto response = other.read_all();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
}

TEST(HttpServer, DrainsASmallUnreadBodyAndClosesOnALargeOne) {
  RunningServer server([](Exchange& exchange) -> Task<> {
    ResponseHead head;
    std::string text = "unread";
    co_await exchange.respond(std::move(head), std::move(text));
  });
  auto client = RawClient::tcp(server.port());
  const std::string small(100'000, 's');
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + small);
  EXPECT_THAT(client.read_response(), EndsWith("unread"));
  const std::string large(4'000'000, 'l');
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + large);
  EXPECT_THAT(client.read_all(), EndsWith("unread"));  // and not a reset
}

TEST(HttpServer, AHandlerThatThrowsOrForgetsIsA500) {
  RunningServer server([](Exchange& exchange) -> Task<> {
    if (exchange.request().path == "/throw") throw std::runtime_error("secret detail");
    co_return;
  });
  auto client = RawClient::tcp(server.port());
  for (const char* path : {"/throw", "/forget"}) {
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path));
    const auto response = client.read_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(response, HasSubstr(R"("id":"internal_server_error")"));
    EXPECT_THAT(response, Not(HasSubstr("secret")));
  }
}

TEST(HttpServer, TellsAHandlerThatTheClientIsGone) {
  std::promise<void> gone;
  RunningServer server([&gone](Exchange& exchange) -> Task<> {
    auto body = co_await exchange.read_body(10);
    ResponseHead head;
    co_await exchange.start(std::move(head));
    co_await exchange.client_gone();
    gone.set_value();
  });
  auto client = RawClient::tcp(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.read_until("\r\n\r\n");
  client.close();
  EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(HttpServer, StopEndsHandlersThatWait) {
  std::promise<void> entered;
  RunningServer server([&entered](Exchange&) -> Task<> {
    entered.set_value();
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
  });
  auto client = RawClient::tcp(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  server.stop();
  EXPECT_EQ(client.read_all(), "");
}

TEST(HttpServer, OneConnectionTooManyWaitsItsTurn) {
  http::ServerConfig config;
  config.connections_max = 1;
  RunningServer server(echo, config);
  auto first = RawClient::tcp(server.port());
  first.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(first.read_response(), EndsWith("GET /1 []"));
  auto second = RawClient::tcp(server.port());
  second.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  first.close();
  EXPECT_THAT(second.read_response(), EndsWith("GET /2 []"));
}

TEST(HttpServer, ReplacesAStaleSocketButNotAServedOne) {
  TempDir dir;
  http::ServerConfig config;
  config.unix_path = dir.str("api.sock");
  {
    // What a killed daemon leaves behind: a socket file without a listener.
    asio::io_context io;
    auto stale = http::listen_unix(io.get_executor(), config.unix_path, 0600);
    ASSERT_TRUE(stale);
  }
  RunningServer server(echo, config);
  struct stat info {};
  ASSERT_EQ(::stat(config.unix_path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  auto client = RawClient::unix_socket(config.unix_path);
  client.send("GET /u HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("GET /u []"));
  asio::io_context io;
  const auto second = http::listen_unix(io.get_executor(), config.unix_path, 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  server.stop();
  EXPECT_NE(::stat(config.unix_path.c_str(), &info), 0);
}

}  // namespace
}  // namespace davit::test
