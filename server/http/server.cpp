#include "server/http/server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "server/http/connection.hpp"
#include "server/http/limits.hpp"
#include "server/http/session.hpp"

namespace davit::http {
namespace {

constexpr auto never = asio::steady_timer::time_point::max();

ino_t inode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

Server::Server(asio::any_io_executor executor, ServerConfig config, Handler handler)
    : executor_(executor),
      config_(std::move(config)),
      handler_(std::move(handler)),
      tasks_(executor),
      room_(executor, never),
      stopped_(executor, never) {}

Server::~Server() = default;

Result<> Server::listen() {
  if (!config_.unix_path.empty()) {
    auto acceptor = listen_unix(executor_, config_.unix_path, config_.unix_mode);
    if (!acceptor) return acceptor.error();
    unix_.emplace(std::move(*acceptor));
    unix_inode_ = inode_of(config_.unix_path);
  }
  if (config_.tcp) {
    auto acceptor = listen_tcp(executor_, *config_.tcp);
    if (!acceptor) return acceptor.error();
    tcp_.emplace(std::move(*acceptor));
  }
  return {};
}

std::uint16_t Server::tcp_port() const {
  if (!tcp_) return 0;
  boost::system::error_code ec;
  const auto where = tcp_->local_endpoint(ec);
  return ec ? std::uint16_t{0} : where.port();
}

Task<> Server::run() {
  // Our own end must wait for the sessions, also when we are cancelled: they use this object.
  co_await asio::this_coro::throw_if_cancelled(false);
  if (unix_) tasks_.spawn("http accept (unix)", accept_loop(*unix_));
  if (tcp_) tasks_.spawn("http accept (tcp)", accept_loop(*tcp_));
  if (!stopping_) {
    boost::system::error_code ec;
    co_await stopped_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  stop();
  co_await tasks_.join();
}

void Server::stop() {
  stopped_.expires_at(asio::steady_timer::time_point::min());
  if (std::exchange(stopping_, true)) return;
  boost::system::error_code ignored;
  if (unix_) unix_->close(ignored);
  if (tcp_) tcp_->close(ignored);
  // Only our own file: a successor may already listen at this path.
  if (unix_inode_ != 0 && inode_of(config_.unix_path) == unix_inode_) {
    ::unlink(config_.unix_path.c_str());
  }
  // A copy: a connection that ends takes itself out of the set.
  const auto open = connections_;
  for (const auto& connection : open) connection->close();
  tasks_.cancel();
}

Task<> Server::wait_for_room() {
  while (connections_.size() >= config_.connections_max) {
    boost::system::error_code ec;
    co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
}

template <class Acceptor>
Task<> Server::accept_loop(Acceptor& acceptor) {
  while (!stopping_) {
    co_await wait_for_room();
    boost::system::error_code ec;
    auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
    if (stopping_) co_return;
    if (ec) {
      log::warning("accept failed", {{"error", ec.message()}});
      asio::steady_timer pause(executor_, limits::accept_retry);
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    if constexpr (std::is_same_v<Acceptor, TcpAcceptor>) {
      boost::system::error_code ignored;
      socket.set_option(asio::ip::tcp::no_delay(true),
                        ignored);  // build output goes out as it comes
    }
    auto connection = std::make_shared<Connection>(Connection::Socket(std::move(socket)),
                                                   config_.head_bytes_max + limits::read_bytes);
    connections_.insert(connection);
    tasks_.spawn("http session", session(std::move(connection)));
  }
}

Task<> Server::session(std::shared_ptr<Connection> connection) {
  struct Leave {
    Server& server;
    const std::shared_ptr<Connection>& connection;
    ~Leave() {
      connection->close();
      server.connections_.erase(connection);
      server.room_.cancel();
    }
  };
  const Leave leave{*this, connection};
  co_await serve_connection(connection, config_, handler_);
}

}  // namespace davit::http
