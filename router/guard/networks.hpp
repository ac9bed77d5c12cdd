#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace davit::router::guard {

// Blocks of addresses, such as a CDN's. Immutable once filled: any thread.
class Networks {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or one address. Errors: no network, bits beyond its prefix,
  // more than limits::trusted_networks_max.
  Result<> add(std::string_view text);
  bool contains(const sockaddr_storage& peer) const;
  bool empty() const { return blocks_.empty(); }

 private:
  struct Block {
    in6_addr first;  // an IPv4 one as ::ffff:0:0/96
    unsigned bits;
    bool contains(const in6_addr& address) const;
  };
  std::vector<Block> blocks_;
};

}  // namespace davit::router::guard
