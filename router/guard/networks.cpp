#include "router/guard/networks.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "router/limits.hpp"

namespace davit::router::guard {
namespace {

constexpr unsigned mapped_bits = 96;

in6_addr mapped(const void* ipv4) {
  in6_addr address{};
  address.s6_addr[10] = address.s6_addr[11] = 0xff;
  std::memcpy(&address.s6_addr[12], ipv4, 4);
  return address;
}

bool bit_of(const in6_addr& address, unsigned bit) {
  return (address.s6_addr[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

Error bad(std::string_view text, std::string_view why) {
  return fail(Errc::invalid_argument,
              "'{}' {}; write a network such as 192.0.2.0/24 or 2001:db8::/32", text, why);
}

// Both spellings of an IPv4 address are one.
std::optional<in6_addr> address_of(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    return mapped(&reinterpret_cast<const sockaddr_in&>(peer).sin_addr);
  }
  if (peer.ss_family == AF_INET6) return reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  return std::nullopt;
}

}  // namespace

Result<> Networks::add(std::string_view text) {
  if (blocks_.size() >= limits::trusted_networks_max) {
    return fail(Errc::invalid_argument, "more than {} networks are trusted; join some",
                limits::trusted_networks_max);
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string host(text.substr(0, slash));
  Block block{};
  in_addr ipv4{};
  unsigned before = 0;
  if (::inet_pton(AF_INET, host.c_str(), &ipv4) == 1) {
    block.first = mapped(&ipv4);
    before = mapped_bits;
  } else if (::inet_pton(AF_INET6, host.c_str(), &block.first) != 1) {
    return bad(text, "is no network");
  }
  block.bits = 128;
  if (slash < text.size()) {
    const char* const end = text.data() + text.size();
    unsigned bits = 0;
    const auto parsed = std::from_chars(text.data() + slash + 1, end, bits);
    if (parsed.ec != std::errc() || parsed.ptr != end || bits > 128 - before) {
      return bad(text, "has no valid prefix");
    }
    block.bits = before + bits;
  }
  for (unsigned bit = block.bits; bit < 128; ++bit) {
    if (bit_of(block.first, bit)) return bad(text, "has bits beyond its prefix");
  }
  blocks_.push_back(block);
  return {};
}

bool Networks::Block::contains(const in6_addr& address) const {
  const unsigned whole = bits / 8;
  if (std::memcmp(&address, &first, whole) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (address.s6_addr[whole] ^ first.s6_addr[whole]) >> (8 - rest) == 0;
}

bool Networks::contains(const sockaddr_storage& peer) const {
  if (blocks_.empty()) return false;
  const auto address = address_of(peer);
  return address && std::any_of(blocks_.begin(), blocks_.end(),
                                [&](const Block& block) { return block.contains(*address); });
}

}  // namespace davit::router::guard
