#pragma once
#include <sys/socket.h>

#include <compare>
#include <cstdint>

namespace davit::router::guard {

// Who a client is, as far as limits go: an IPv4 address, or the /64 of an IPv6 one, of which every
// host has 2^64 (RFC 7421).
struct ClientKey {
  std::uint64_t value = 0;

  // An IPv4 client of an IPv6 socket is the same as on an IPv4 one.
  static ClientKey of(const sockaddr_storage& peer);
  auto operator<=>(const ClientKey&) const = default;
};

}  // namespace davit::router::guard
