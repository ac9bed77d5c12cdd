#include "router/guard/client_key.hpp"

#include <netinet/in.h>

#include <cstring>

namespace davit::router::guard {
namespace {

// ff00::/8 is multicast and never a source (RFC 4291 2.7), so no IPv6 key looks like this.
ClientKey of_ipv4(const void* address) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, address, sizeof bits);
  return {0xffff'ffff'0000'0000ull | ntohl(bits)};
}

}  // namespace

ClientKey ClientKey::of(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    return of_ipv4(&reinterpret_cast<const sockaddr_in&>(peer).sin_addr);
  }
  if (peer.ss_family != AF_INET6) return {};
  const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return of_ipv4(&address.s6_addr[12]);
  std::uint64_t prefix = 0;
  for (int i = 0; i < 8; ++i) prefix = prefix << 8 | address.s6_addr[i];
  return {prefix};
}

}  // namespace davit::router::guard
