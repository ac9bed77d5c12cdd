#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <thread>

#include "base/ensure.hpp"
#include "server/http/server.hpp"

namespace davit::test {

// A real server on its own thread; stopped and joined at the end.
class RunningServer {
 public:
  explicit RunningServer(http::Handler handler, http::ServerConfig config = {}) {
    if (config.unix_path.empty()) config.tcp = http::TcpEndpoint{};
    server_ =
        std::make_unique<http::Server>(io_.get_executor(), std::move(config), std::move(handler));
    const auto listening = server_->listen();
    ensure(listening.has_value(), "the test server listens");
    auto ended = [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(io_, server_->run(), ended);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~RunningServer() { stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  std::uint16_t port() const { return server_->tcp_port(); }
  asio::io_context& io() { return io_; }
  // Returns when every session has ended.
  void stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { server_->stop(); });
    thread_.join();
  }

 private:
  asio::io_context io_{1};
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

}  // namespace davit::test
