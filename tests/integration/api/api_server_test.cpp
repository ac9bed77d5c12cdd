// The API behind the real HTTP server, with the real log service and store, spoken to over a
// socket.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <thread>

#include "server/http/server.hpp"
#include "server/logs/log_service.hpp"
#include "tests/support/http/raw_client.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class ApiServerTest : public ApiTest {
 protected:
  ApiServerTest()
      : real_logs_(logs::make_log_service(io_.get_executor(), {dir_.str("logs")}).value()),
        real_api_(api::Services{io_.get_executor(), thread_, authenticator_, supervisor_, releases_,
                                *real_logs_, lifecycle_, outputs_, release_outputs_, doctor_,
                                metrics_, *runtimes_, *sources_, uploads_, source_builds_, sizes_,
                                clock_, random_, builds_, cron_},
                  {}) {
    app_ = make_app("blog");
    http::ServerConfig config;
    config.tcp = http::TcpEndpoint{};
    auto handler = [this](http::Exchange& exchange) { return real_api_.handle(exchange); };
    server_ = std::make_unique<http::Server>(io_.get_executor(), std::move(config), handler);
    server_->listen().value();
    asio::co_spawn(io_, server_->run(), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
    io_.restart();
    runner_ = std::thread([this] { io_.run(); });
  }
  ~ApiServerTest() override {
    asio::post(io_, [this] { server_->stop(); });
    runner_.join();
  }

  std::string head(const std::string& line, const std::string& more = {}) const {
    return line + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + owner_ + "\r\n" + more;
  }
  std::string with_body(const std::string& line, const std::string& body) const {
    return head(line, "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n") + body;
  }
  RawClient connect() const { return RawClient::tcp(server_->tcp_port()); }

  void say(const std::string& text) {
    std::promise<void> said;
    logs::Line line;
    line.app = app_.id;
    line.at = clock_.wall();
    line.process = "web.1";
    line.text = text;
    std::vector<logs::Line> lines;
    lines.push_back(std::move(line));
    asio::post(io_, [&] {
      asio::co_spawn(io_, real_logs_->append(std::move(lines)),
                     [&](std::exception_ptr) { said.set_value(); });
    });
    said.get_future().wait();
  }

  std::unique_ptr<logs::LogService> real_logs_;
  api::Api real_api_;
  std::unique_ptr<http::Server> server_;
  std::thread runner_;
  store::App app_;
};

TEST_F(ApiServerTest, SeveralRequestsTravelOverOneConnection) {
  auto client = connect();
  ASSERT_TRUE(client.send(with_body("PATCH /apps/blog/config-vars", R"({"A":"two words"})")));
  const auto set = client.read_response();
  EXPECT_TRUE(set.starts_with("HTTP/1.1 200")) << set;
  EXPECT_NE(set.find(R"({"A":"two words"})"), std::string::npos);
  ASSERT_TRUE(client.send(head("GET /apps/blog/config-vars", "\r\n")));
  const auto got = client.read_response();
  EXPECT_NE(got.find("Request-Id: "), std::string::npos) << got;
  EXPECT_NE(got.find(R"({"A":"two words"})"), std::string::npos);
}

TEST_F(ApiServerTest, ARefusedBodyDoesNotSpoilTheServer) {
  auto stranger = connect();
  ASSERT_TRUE(
      stranger.send("PATCH /apps/blog/config-vars HTTP/1.1\r\nHost: x\r\n"
                    "Content-Length: 7\r\n\r\n{\"A\":1}"));
  EXPECT_TRUE(stranger.read_response().starts_with("HTTP/1.1 401"));
  auto broken = connect();
  ASSERT_TRUE(broken.send(with_body("PATCH /apps/blog/config-vars", "{\"A\"")));
  EXPECT_TRUE(broken.read_response().starts_with("HTTP/1.1 400"));
  auto good = connect();
  ASSERT_TRUE(good.send(head("GET /apps/blog", "\r\n")));
  EXPECT_TRUE(good.read_response().starts_with("HTTP/1.1 200"));
}

TEST_F(ApiServerTest, LogsAreFollowedLive) {
  say("before");
  auto client = connect();
  ASSERT_TRUE(client.send(
      with_body("POST /apps/blog/log-sessions", R"({"lines":10,"tail":true,"dyno":"web"})")));
  const std::string made = client.read_response();
  const auto at = made.find("/logs/");
  ASSERT_NE(at, std::string::npos) << made;
  const std::string path = made.substr(at, made.find('"', at) - at);
  auto reader = connect();
  ASSERT_TRUE(
      reader.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"));
  EXPECT_NE(reader.read_until("app[web.1]: before").find("text/event-stream"), std::string::npos);
  say("after");
  EXPECT_NE(reader.read_until("app[web.1]: after").find("id: "), std::string::npos);
  reader.close();
  say("to nobody");
}

TEST_F(ApiServerTest, AChangeIsCarriedOutAlthoughItsClientHangsUp) {
  {
    auto client = connect();
    ASSERT_TRUE(client.send(with_body("PATCH /apps/blog/config-vars", R"({"LEFT":"early"})")));
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::string seen;
  while (seen.find("LEFT") == std::string::npos && std::chrono::steady_clock::now() < deadline) {
    auto client = connect();
    ASSERT_TRUE(client.send(head("GET /apps/blog/config-vars", "\r\n")));
    seen = client.read_response();
  }
  EXPECT_NE(seen.find(R"("LEFT":"early")"), std::string::npos) << seen;
}

}  // namespace
}  // namespace davit::test
