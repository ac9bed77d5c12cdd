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
  // "127.0.0.1:8080", "[::1]:0". Errors name the address and what to do.
  // `tls`: of an HTTPS port; nullptr: a plain one. It outlives the listener.
  static Result<std::unique_ptr<Listener>> open(Worker& worker, const std::string& address,
                                                tls::Context* tls = nullptr);
  // A socket that listens already, of the router whose place this one takes.
  static Result<std::unique_ptr<Listener>> adopt(Worker& worker, UniqueFd fd,
                                                 tls::Context* tls = nullptr);
  ~Listener() { stop(); }

  void start() { wait(); }
  void stop();
  std::string name() const;  // "http 127.0.0.1:8080" or "https ...", with the real port
  const std::string& port() const { return port_; }
  bool is_tls() const { return tls_ != nullptr; }
  int fd() { return acceptor_.native_handle(); }

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;
  Listener(Worker& worker, Acceptor acceptor, std::string port, tls::Context* tls);
  void wait();
  void accept_all();

  Worker& worker_;
  Acceptor acceptor_;
  asio::steady_timer pause_;
  std::string port_;
  tls::Context* tls_;
};

// "127.0.0.1:8080" of a listening socket, "" of anything else.
std::string listening_address(int fd);

}  // namespace davit::router
