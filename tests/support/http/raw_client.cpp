#include "tests/support/http/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdlib>

namespace davit::test {

RawClient::RawClient(UniqueFd fd) : fd_(std::move(fd)) {
  timeval limit{10, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

RawClient RawClient::tcp(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;  // a test cuts its request in pieces: they must not wait for acknowledgements
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return RawClient(std::move(fd));
}

RawClient RawClient::unix_socket(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return RawClient(std::move(fd));
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::end_input() { ::shutdown(fd_.get(), SHUT_WR); }

bool RawClient::more() {
  char piece[16384];
  const auto got = ::recv(fd_.get(), piece, sizeof piece, 0);
  if (got <= 0) return false;
  buffer_.append(piece, static_cast<std::size_t>(got));
  return true;
}

std::string RawClient::read_all() {
  while (more()) {
  }
  return std::exchange(buffer_, {});
}

std::string RawClient::read_until(std::string_view mark) {
  std::size_t at = 0;
  while ((at = buffer_.find(mark)) == std::string::npos) {
    if (!more()) return std::exchange(buffer_, {});
  }
  auto text = buffer_.substr(0, at + mark.size());
  buffer_.erase(0, text.size());
  return text;
}

std::string RawClient::read_response() {
  auto text = read_until("\r\n\r\n");
  const auto at = text.find("Content-Length: ");
  if (at == std::string::npos) return text;
  const std::size_t length = std::strtoul(text.c_str() + at + 16, nullptr, 10);
  while (buffer_.size() < length && more()) {
  }
  text += buffer_.substr(0, length);
  buffer_.erase(0, std::min(length, buffer_.size()));
  return text;
}

}  // namespace davit::test
