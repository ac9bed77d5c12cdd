#pragma once
#include <sys/types.h>

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <set>

#include "base/task_group.hpp"
#include "server/http/exchange.hpp"
#include "server/http/listener.hpp"
#include "server/http/server_config.hpp"

namespace davit::http {

class Connection;

// HTTP/1.1 on a Unix socket, a TCP port, or both. io thread only. What the handler uses must
// outlive run().
//   Server server(executor, config, handler);
//   DAVIT_TRY(server.listen());
//   group.spawn("http", server.run());   // ends after stop(), or when it is cancelled, with every
//   session joined
class Server {
 public:
  Server(asio::any_io_executor executor, ServerConfig config, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens the sockets; clients may connect from here on. Errors: conflict (served by another
  // process), invalid_argument, io.
  Result<> listen();
  std::uint16_t tcp_port() const;  // 0 when there is no TCP endpoint

  // Serves until stop() or cancellation; returns when the last session has ended.
  Task<> run();
  // Stops accepting, closes connections, cancels handlers. run() returns soon after. Idempotent.
  void stop();

 private:
  template <class Acceptor>
  Task<> accept_loop(Acceptor& acceptor);
  Task<> session(std::shared_ptr<Connection> connection);
  Task<> wait_for_room();

  asio::any_io_executor executor_;
  const ServerConfig config_;
  const Handler handler_;
  std::optional<UnixAcceptor> unix_;
  std::optional<TcpAcceptor> tcp_;
  ino_t unix_inode_ = 0;
  TaskGroup tasks_;
  std::set<std::shared_ptr<Connection>> connections_;
  asio::steady_timer room_;     // cancelled when a connection ends
  asio::steady_timer stopped_;  // cancelled by stop()
  bool stopping_ = false;
};

}  // namespace davit::http
