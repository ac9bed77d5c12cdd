// The prober against real sockets that answer well, badly, slowly and not at all.
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/task_group.hpp"
#include "server/supervisor/health_check.hpp"
#include "server/supervisor/prober.hpp"
#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

// Answers connection after connection with the next of its texts; keeps one open whose text is
// empty.
class Listener {
 public:
  Listener(asio::io_context& io, std::vector<std::string> answers)
      : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        answers_(std::move(answers)) {}
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string request;  // the last one

  Task<> serve() {
    for (const std::string& answer : answers_) {
      tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
      boost::system::error_code ec;
      std::string bytes(4096, '\0');
      const std::size_t got = co_await socket.async_read_some(
          asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
      request = bytes.substr(0, got);
      co_await asio::async_write(socket, asio::buffer(answer),
                                 asio::redirect_error(asio::use_awaitable, ec));
      if (answer.empty()) kept_.push_back(std::move(socket));
    }
  }

 private:
  tcp::acceptor acceptor_;
  std::vector<std::string> answers_;
  std::vector<tcp::socket> kept_;
};

class HttpProberTest : public testing::Test {
 protected:
  void serve(std::vector<std::string> answers) {
    listener_ = std::make_unique<Listener>(io_, std::move(answers));
  }
  ProbeRequest request() {
    ProbeRequest request;
    request.port = listener_->port();
    request.app = "blog";
    request.path = "/health";
    request.timeout = 10s;
    return request;
  }
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    TaskGroup tasks(io_.get_executor());
    tasks.spawn("listener", listener_->serve());
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr failure, T value) {
      if (failure) std::rethrow_exception(failure);
      result.emplace(std::move(value));
      tasks.cancel();
    });
    io_.restart();
    io_.run();
    return std::move(*result);
  }
  Result<int> get(ProbeRequest wanted) { return run(prober_->get(std::move(wanted))); }

  asio::io_context io_;
  std::unique_ptr<Prober> prober_ = make_http_prober({"example.org", ""});
  std::unique_ptr<Listener> listener_;
};

TEST_F(HttpProberTest, AsksAsARouterWouldAndReadsTheStatus) {
  serve({"HTTP/1.1 204 No Content\r\n\r\n"});
  auto wanted = request();
  wanted.headers = {{"X-Probe", "1"}};
  EXPECT_EQ(get(std::move(wanted)).value(), 204);
  EXPECT_TRUE(listener_->request.starts_with("GET /health HTTP/1.1\r\nHost: blog.example.org\r\n"));
  EXPECT_NE(listener_->request.find("\r\nX-Probe: 1\r\n"), std::string::npos);
  EXPECT_TRUE(listener_->request.ends_with("\r\n\r\n"));
}

TEST_F(HttpProberTest, AHostOfTheChecksOwnIsTheOnlyOne) {
  ProbeRequest wanted;
  wanted.app = "blog";
  wanted.path = "/";
  wanted.headers = {{"host", "www.example.com"}};
  const std::string text = format_probe(wanted, "example.org");
  EXPECT_NE(text.find("Host: www.example.com\r\n"), std::string::npos);
  EXPECT_EQ(text.find("blog.example.org"), std::string::npos);
}

TEST_F(HttpProberTest, NobodyThereNoHttpAndSilenceAreErrors) {
  serve({});
  auto nobody = request();
  nobody.port = 1;
  EXPECT_EQ(get(std::move(nobody)).error().code, Errc::unavailable);
  serve({"SSH-2.0-OpenSSH\r\n"});
  EXPECT_EQ(get(request()).error().code, Errc::corrupt);
  serve({"HTTP/1.1 2"});
  EXPECT_EQ(get(request()).error().code, Errc::unavailable)
      << "closed before its status line ended";
  serve({""});
  auto hasty = request();
  hasty.timeout = 20ms;
  const auto late = get(std::move(hasty));
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_EQ(late.error().message, "GET /health gave no answer within 1 s");
}

TEST_F(HttpProberTest, AnEndlessStatusLineIsGivenUp) {
  serve({"HTTP/1.1 " + std::string(100'000, '2')});
  EXPECT_EQ(get(request()).error().code, Errc::corrupt);
}

TEST(StatusLine, IsReadStrictly) {
  EXPECT_EQ(parse_status_line("").value(), 0);
  EXPECT_EQ(parse_status_line("HTTP/1.1 200").value(), 0) << "not complete yet";
  EXPECT_EQ(parse_status_line("HTTP/1.0 503 No\n").value(), 503);
  for (const char* wrong : {"HTTP/2 200 OK\n", "HTTP/1.1 2x0 OK\n", "HTTP/1.1  20 OK\n",
                            "HTTP/1.1 042 \n", "\n", "hello\n", "HTTP/1.1\n"}) {
    EXPECT_FALSE(parse_status_line(wrong)) << wrong;
  }
}

class HealthCheckTest : public HttpProberTest {
 protected:
  Result<> check(CheckKind kind, int attempts) {
    HttpCheck wanted;
    wanted.path = "/health";
    wanted.interval = 0s;  // the clock of the timers is the real one
    wanted.attempts = attempts;
    wanted.timeout = 10s;
    HealthServices services{*prober_, clock_, [this](std::string text) -> Task<> {
                              said_.push_back(std::move(text));
                              co_return;
                            }};
    return run(run_health_check(std::move(services), kind, std::move(wanted), request()));
  }
  SystemClock clock_;
  std::vector<std::string> said_;
};

TEST_F(HealthCheckTest, AStartCheckPassesAfterFailures) {
  serve({"HTTP/1.1 500 No\r\n\r\n", "HTTP/1.1 302 Found\r\n\r\n"});
  EXPECT_TRUE(check(CheckKind::start, 3));
  EXPECT_EQ(said_,
            std::vector<std::string>{"Start check: GET /health answered 500 (attempt 1 of 3)"});
}

TEST_F(HealthCheckTest, AFailedCheckTellsItsReason) {
  serve({"HTTP/1.1 404 No\r\n\r\n", "HTTP/1.1 404 No\r\n\r\n"});
  const auto failed = check(CheckKind::liveness, 2);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "GET /health answered 404 (2 times in a row)");
  EXPECT_EQ(said_.size(), 2u);
}

}  // namespace
}  // namespace davit::supervisor
