#include "router/net/socket.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace davit::router {

Socket::Socket(asio::io_context& io, UniqueFd fd, int family, guard::Seat seat)
    : socket_(io, asio::generic::stream_protocol(family, 0), fd.release()), seat_(std::move(seat)) {
  ErrorCode ignored;
  socket_.native_non_blocking(true, ignored);
  if (family == AF_UNIX) return;
  const int on = 1;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

WriteResult Socket::write(std::string_view bytes) {
  for (;;) {
    const ssize_t sent =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return {IoState::ok, static_cast<std::size_t>(sent)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoState::would_block, 0};
    return {IoState::failed, 0};
  }
}

std::size_t Socket::held_bytes() {
  int bytes = 0;
  if (::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

bool Socket::is_quiet() {
  char byte;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Socket::Peer Socket::peer() {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return Peer::there;
  }
  if (info.tcpi_state == TCP_CLOSE) return Peer::gone;
  return info.tcpi_state == TCP_CLOSE_WAIT ? Peer::ended : Peer::there;
}

void Socket::cancel() {
  ErrorCode ignored;
  socket_.cancel(ignored);
}

void Socket::shutdown_send() {
  ErrorCode ignored;
  socket_.shutdown(socket_.shutdown_send, ignored);
}

void Socket::close() {
  ErrorCode ignored;
  socket_.close(ignored);
  seat_.release();
}

void Socket::reset() {
  if (!socket_.is_open()) return;
  const linger now{1, 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

}  // namespace davit::router
