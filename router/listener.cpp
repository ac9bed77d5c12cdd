#include "router/listener.hpp"

#include <cerrno>

#include "base/log.hpp"
#include "router/net/address.hpp"
#include "router/session.hpp"
#include "router/tls/handshake.hpp"

namespace davit::router {
namespace {

constexpr int accepts_in_a_row = 64;

}  // namespace

Listener::Listener(Worker& worker, Acceptor acceptor, std::string port, tls::Context* tls)
    : worker_(worker),
      acceptor_(std::move(acceptor)),
      pause_(worker.io),
      port_(std::move(port)),
      tls_(tls) {}

Result<std::unique_ptr<Listener>> Listener::adopt(Worker& worker, UniqueFd fd, tls::Context* tls) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return fail_errno(errno, "ask a listening socket for its address");
  }
  const auto protocol = bound.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
  Acceptor acceptor(worker.io, protocol, fd.release());
  return std::unique_ptr<Listener>(
      new Listener(worker, std::move(acceptor), to_host_port(bound).port, tls));
}

void Listener::wait() {
  acceptor_.async_wait(acceptor_.wait_read, [this](ErrorCode error) {
    if (!error) accept_all();
  });
}

void Listener::accept_all() {
  for (int i = 0; i < accepts_in_a_row; ++i) {
    if (is_full()) {
      // That somebody waits is known at first only: nobody is closed for nothing.
      if (i > 0) break;
      if (!make_room()) return pause();
    }
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      serve(UniqueFd(fd), peer);
      continue;
    }
    const int error = errno;
    if (error == EINTR || error == ECONNABORTED) continue;
    if (error == EAGAIN || error == EWOULDBLOCK) break;
    if ((error == EMFILE || error == ENFILE) && worker_.free_descriptor()) continue;
    if (error != EMFILE && error != ENFILE) {
      log::error("accepting a connection failed", {{"listener", name()}, {"errno", error}});
    }
    return pause();
  }
  wait();
}

void Listener::serve(UniqueFd fd, const sockaddr_storage& peer) {
  Client client{to_host_port(peer).host, port_};
  auto entry = worker_.guard.let_in(peer);
  if (!entry) {
    worker_.complaints.connection_refused(client.address, worker_.clock.steady());
    // Without the wait of an orderly end (TIME_WAIT), which would cost more than the connection.
    Socket(worker_.io, std::move(fd), peer.ss_family).reset();
    return;
  }
  client.visitor = entry->visitor;
  Socket socket(worker_.io, std::move(fd), peer.ss_family, std::move(entry->seat));
  if (tls_ != nullptr) {
    tls::Handshake::start(worker_, *tls_, std::move(socket), std::move(client));
  } else {
    Session::start(worker_, Stream(std::move(socket)), std::move(client));
  }
}

bool Listener::is_full() const { return worker_.crowd.size() >= worker_.capacity.connections; }

bool Listener::make_room() {
  const SteadyTime now = worker_.clock.steady();
  if (worker_.crowd.make_room()) {
    worker_.complaints.connection_closed_for_room(now);
    return true;
  }
  worker_.complaints.all_connections_busy(now);
  return false;
}

// Those that come meanwhile wait in the kernel's queue.
void Listener::pause() {
  pause_.expires_after(limits::accept_pause);
  pause_.async_wait([this](ErrorCode error) {
    if (!error) wait();
  });
}

void Listener::stop() {
  ErrorCode ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

std::string Listener::name() const {
  ErrorCode error;
  const auto endpoint = acceptor_.local_endpoint(error);
  const auto address = endpoint.address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return (tls_ != nullptr ? "https " : "http ") + host + ":" + port_;
}

}  // namespace davit::router
