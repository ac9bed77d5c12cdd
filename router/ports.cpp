#include "router/ports.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <map>

#include "base/log.hpp"
#include "router/net/address.hpp"

namespace davit::router {
namespace {

constexpr int backlog = 4096;

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

Error refusal(std::string_view what, const std::string& address) {
  const int error_number = errno;
  return Error{Errc::unavailable,
               fail_errno(error_number, fmt::format("{} {}", what, address)).message + ": " +
                   advice(error_number, address)};
}

enum class Nth { first, another };

Result<UniqueFd> open_socket(const std::string& text, Nth nth) {
  const auto address = Address::parse(text);
  if (!address) return address.error();
  if (address->is_unix()) {
    return fail(Errc::invalid_argument, "--listen {}: the public port is TCP, IP:PORT", text);
  }
  UniqueFd fd(::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return refusal("cannot open a socket for", text);
  const int on = 1;
  const auto share = [&] { ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on); };
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->family() == AF_INET6)
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  // The first is bound alone, so that a port which another router of ours serves is found taken.
  if (nth == Nth::another) share();
  if (::bind(fd.get(), address->data(), address->size()) != 0) {
    return refusal("cannot listen on", text);
  }
  if (nth == Nth::first) share();
  if (::listen(fd.get(), backlog) != 0) return refusal("cannot listen on", text);
  return fd;
}

Result<std::string> address_of(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return fail_errno(errno, "ask a listening socket for its address");
  }
  const HostPort at = to_host_port(bound);
  return bound.ss_family == AF_INET6 ? fmt::format("[{}]:{}", at.host, at.port)
                                     : fmt::format("{}:{}", at.host, at.port);
}

// One more for a port that is open. A router that did not share its ports has passed on one socket:
// then threads accept from that together.
Result<UniqueFd> one_more(const Port& port) {
  auto fd = open_socket(port.address, Nth::another);
  if (fd) return fd;
  UniqueFd same(::fcntl(port.sockets.front().get(), F_DUPFD_CLOEXEC, 3));
  if (!same) return fail_errno(errno, "share the socket of " + port.address);
  return same;
}

}  // namespace

Result<std::vector<Port>> open_ports(const std::vector<std::string>& addresses,
                                     std::vector<UniqueFd> inherited, std::size_t threads) {
  std::map<std::string, std::vector<UniqueFd>> by_address;
  for (UniqueFd& fd : inherited) {
    auto address = address_of(fd.get());
    if (!address) return std::move(address).error();
    by_address[*address].push_back(std::move(fd));
  }
  std::vector<Port> ports;
  for (const std::string& address : addresses) {
    Port port{address, false, std::move(by_address[address])};
    if (port.sockets.empty()) {
      auto fd = open_socket(address, Nth::first);
      if (!fd) return std::move(fd).error();
      port.sockets.push_back(std::move(*fd));
      auto real = address_of(port.sockets.front().get());
      if (!real) return std::move(real).error();
      port.address = std::move(*real);
    }
    while (port.sockets.size() < threads) {
      auto fd = one_more(port);
      if (!fd) return std::move(fd).error();
      port.sockets.push_back(std::move(*fd));
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

}  // namespace davit::router
