#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace davit::router::guard {

// A client's address as accept(2) gives it.
inline sockaddr_storage peer(const char* address) {
  sockaddr_storage out{};
  auto& in4 = reinterpret_cast<sockaddr_in&>(out);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(out);
  if (::inet_pton(AF_INET, address, &in4.sin_addr) == 1) {
    out.ss_family = AF_INET;
  } else if (::inet_pton(AF_INET6, address, &in6.sin6_addr) == 1) {
    out.ss_family = AF_INET6;
  }
  return out;
}

}  // namespace davit::router::guard
