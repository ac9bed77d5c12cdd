#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "router/tls/context.hpp"
#include "router/worker.hpp"

namespace davit::router {

// One public port. Accepts until stopped; where descriptors run out it waits instead of spinning.
// One thread.
class Listener {
 public:
  // A socket that listens already (router/ports.hpp). `tls`: of an HTTPS port; nullptr: a plain
  // one. It outlives the listener.
  static Result<std::unique_ptr<Listener>> adopt(Worker& worker, UniqueFd fd, tls::Context* tls);
  ~Listener() { stop(); }

  void start() { wait(); }
  void stop();
  std::string name() const;  // "http 127.0.0.1:8080" or "https ...", with the real port
  int fd() { return acceptor_.native_handle(); }

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;
  Listener(Worker& worker, Acceptor acceptor, std::string port, tls::Context* tls);
  void wait();
  void accept_all();
  void serve(UniqueFd fd, const sockaddr_storage& peer);
  bool is_full() const;
  bool make_room();
  void pause();

  Worker& worker_;
  Acceptor acceptor_;
  asio::steady_timer pause_;
  std::string port_;
  tls::Context* tls_;
};

}  // namespace davit::router
