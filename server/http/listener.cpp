#include "server/http/listener.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/unique_fd.hpp"

namespace davit::http {
namespace {

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Errc::invalid_argument,
                "socket path '{}' is longer than {} bytes; choose a shorter data folder", path,
                sizeof address.sun_path - 1);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool somebody_serves(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return false;
  const int rc =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return rc == 0 || errno == EAGAIN;
}

}  // namespace

Result<UnixAcceptor> listen_unix(const asio::any_io_executor& executor, const std::string& path,
                                 mode_t mode) {
  const auto address = unix_address(path);
  if (!address) return address.error();
  const auto beside = path + ".new";
  const auto first = unix_address(beside);
  if (!first) return first.error();
  if (somebody_serves(*address)) {
    return fail(Errc::conflict, "socket '{}' is served by another process; stop it first", path);
  }
  ::unlink(beside.c_str());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "open a socket");
  // Before bind: Linux gives the file the socket's mode, so that it is never open to others, not
  // for a moment.
  if (::fchmod(fd.get(), mode) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*first), sizeof *first) != 0 ||
      ::chmod(beside.c_str(), mode) != 0 || ::listen(fd.get(), SOMAXCONN) != 0 ||
      std::rename(beside.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    ::unlink(beside.c_str());
    return fail_errno(error_number, fmt::format("listen on '{}'", path));
  }
  UnixAcceptor acceptor(executor);
  boost::system::error_code ec;
  acceptor.assign(asio::local::stream_protocol(), fd.get(), ec);
  if (ec) return fail(Errc::io, "listen on '{}': {}", path, ec.message());
  fd.release();
  return acceptor;
}

Result<TcpAcceptor> listen_tcp(const asio::any_io_executor& executor, const TcpEndpoint& endpoint) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(endpoint.address, ec);
  if (ec) return fail(Errc::invalid_argument, "'{}' is no IP address", endpoint.address);
  const asio::ip::tcp::endpoint where(address, endpoint.port);
  TcpAcceptor acceptor(executor);
  acceptor.open(where.protocol(), ec);
  if (!ec) acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(where, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    return fail(Errc::io, "listen on {}:{}: {}", endpoint.address, endpoint.port, ec.message());
  }
  return acceptor;
}

}  // namespace davit::http
