#include "router/listener.hpp"

#include <cerrno>

#include "base/log.hpp"
#include "router/net/address.hpp"
#include "router/session.hpp"
#include "router/tls/handshake.hpp"

namespace davit::router {
namespace {

constexpr int backlog = 4096;
constexpr int accepts_in_a_row = 64;

std::string advice(int error_number, const std::string& address) {
  if (error_number == EADDRINUSE) {
    return fmt::format(
        "another program listens there; stop it (`ss -ltnp` names it) or choose "
        "another port with --listen");
  }
  if (error_number == EACCES) return "ports below 1024 need root or CAP_NET_BIND_SERVICE";
  if (error_number == EADDRNOTAVAIL)
    return fmt::format("this machine has no address of '{}'", address);
  return "choose another address with --listen";
}

}  // namespace

Listener::Listener(Worker& worker, Acceptor acceptor, std::string port, tls::Context* tls)
    : worker_(worker),
      acceptor_(std::move(acceptor)),
      pause_(worker.io),
      port_(std::move(port)),
      tls_(tls) {}

Result<std::unique_ptr<Listener>> Listener::open(Worker& worker, const std::string& text,
                                                 tls::Context* tls) {
  const auto address = Address::parse(text);
  if (!address) return address.error();
  if (address->is_unix()) {
    return fail(Errc::invalid_argument, "--listen {}: the public port is TCP, IP:PORT", text);
  }
  const auto refuse = [&text](std::string_view what) {
    const int error_number = errno;
    return Error{Errc::unavailable,
                 fail_errno(error_number, fmt::format("{} {}", what, text)).message + ": " +
                     advice(error_number, text)};
  };
  UniqueFd fd(::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return refuse("cannot open a socket for");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->family() == AF_INET6)
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), address->data(), address->size()) != 0) return refuse("cannot listen on");
  if (::listen(fd.get(), backlog) != 0) return refuse("cannot listen on");
  return adopt(worker, std::move(fd), tls);
}

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
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Socket socket(worker_.io, UniqueFd(fd), peer.ss_family);
      Client client{to_host_port(peer).host, port_};
      if (tls_ != nullptr) {
        tls::Handshake::start(worker_, *tls_, std::move(socket), std::move(client));
      } else {
        Session::start(worker_, Stream(std::move(socket)), std::move(client));
      }
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    log::error("accepting a connection failed", {{"listener", name()}, {"errno", errno}});
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](ErrorCode error) {
      if (!error) wait();
    });
    return;
  }
  wait();
}

void Listener::stop() {
  ErrorCode ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

std::string Listener::name() const {
  auto& acceptor = const_cast<Acceptor&>(acceptor_);
  return (tls_ != nullptr ? "https " : "http ") + listening_address(acceptor.native_handle());
}

std::string listening_address(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return "";
  const HostPort address = to_host_port(bound);
  const bool v6 = bound.ss_family == AF_INET6;
  return (v6 ? "[" + address.host + "]:" : address.host + ":") + address.port;
}

}  // namespace davit::router
