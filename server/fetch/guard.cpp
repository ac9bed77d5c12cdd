#include "server/fetch/guard.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "base/encoding.hpp"

namespace davit::fetch {
namespace {

namespace ip = boost::asio::ip;

// https://www.iana.org/assignments/iana-ipv4-special-registry: what is not globally reachable, and
// multicast.
constexpr const char* closed4[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4"};

// Of IPv6 only global unicast (RFC 4291, 2.4), without what the registry takes out of it.
constexpr const char* open6 = "2000::/3";
constexpr const char* closed6[] = {"2001::/23", "2001:db8::/32", "3fff::/20"};

// Names that only mean something in the network where they are asked for: RFC 6761, 6762, 8375,
// ICANN's reserved "internal" (which has the clouds' metadata services), and what routers use.
constexpr const char* inner_domains[] = {"internal", "local", "localdomain",  "home.arpa",
                                         "lan",      "home",  "intranet",     "corp",
                                         "private",  "test",  "in-addr.arpa", "ip6.arpa"};

bool is_below(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

bool holds(const ip::network_v4& network, const ip::address_v4& address) {
  const unsigned mask = network.netmask().to_uint();
  return (network.network().to_uint() & mask) == (address.to_uint() & mask);
}

bool holds(const ip::network_v6& network, const ip::address_v6& address) {
  const auto wanted = network.network().to_bytes();
  const auto given = address.to_bytes();
  int bits = network.prefix_length();
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    const auto mask = static_cast<unsigned char>(bits >= 8 ? 0xff : 0xff << (8 - bits));
    if ((wanted[i] & mask) != (given[i] & mask)) return false;
  }
  return true;
}

// The IPv4 address that a translator or tunnel would go on to.
std::optional<ip::address_v4> inner_v4(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  const auto at = [&](std::size_t i) {
    return ip::address_v4({bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]});
  };
  if (address.is_v4_mapped()) return at(12);
  if (holds(ip::make_network_v6("64:ff9b::/96"), address)) return at(12);
  if (holds(ip::make_network_v6("2002::/16"), address)) return at(2);
  return std::nullopt;
}

bool public_v4(const ip::address_v4& address) {
  return std::ranges::none_of(
      closed4, [&](const char* range) { return holds(ip::make_network_v4(range), address); });
}

bool is_own(const ip::address& address) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return true;  // closed rather than open
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned(list, ::freeifaddrs);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (address.is_v4() && one->ifa_addr->sa_family == AF_INET) {
      sockaddr_in here{};
      std::memcpy(&here, one->ifa_addr, sizeof(here));
      if (ntohl(here.sin_addr.s_addr) == address.to_v4().to_uint()) return true;
    } else if (address.is_v6() && one->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 here{};
      std::memcpy(&here, one->ifa_addr, sizeof(here));
      const auto bytes = address.to_v6().to_bytes();
      if (std::memcmp(&here.sin6_addr, bytes.data(), bytes.size()) == 0) return true;
    }
  }
  return false;
}

}  // namespace

bool is_public(const ip::address& address) {
  if (address.is_v4()) return public_v4(address.to_v4());
  const ip::address_v6 v6 = address.to_v6();
  if (const auto inner = inner_v4(v6)) return public_v4(*inner);
  if (!holds(ip::make_network_v6(open6), v6)) return false;
  return std::ranges::none_of(
      closed6, [&](const char* range) { return holds(ip::make_network_v6(range), v6); });
}

Result<Guard> Guard::public_only(const std::vector<std::string>& allowed) {
  Guard guard;
  guard.strict_ = true;
  for (const std::string& text : allowed) {
    const bool v6 = text.find(':') != text.npos;
    const std::string whole = text.find('/') != text.npos ? text : text + (v6 ? "/128" : "/32");
    boost::system::error_code ec;
    if (v6) {
      guard.allowed6_.push_back(ip::make_network_v6(whole, ec));
    } else {
      guard.allowed4_.push_back(ip::make_network_v4(whole, ec));
    }
    if (ec) {
      return fail(Errc::invalid_argument,
                  "\"{}\" is no address and no range of them such as \"10.1.0.0/16\"",
                  printable(text, 80));
    }
  }
  return guard;
}

bool Guard::permits(const ip::address& address) const {
  if (!strict_) return true;
  const auto inner = address.is_v6() ? inner_v4(address.to_v6()) : std::nullopt;
  const ip::address meant = inner ? ip::address(*inner) : address;
  const bool allowed =
      meant.is_v4()
          ? std::ranges::any_of(allowed4_, [&](const auto& n) { return holds(n, meant.to_v4()); })
          : std::ranges::any_of(allowed6_, [&](const auto& n) { return holds(n, meant.to_v6()); });
  return allowed || (is_public(meant) && !is_own(meant));
}

bool Guard::permits_host(const std::string& host) const {
  if (!strict_) return true;
  boost::system::error_code ec;
  const ip::address address = ip::make_address(host, ec);
  if (!ec) return permits(address);
  if (is_below(host, "localhost")) return permits(ip::address(ip::address_v4::loopback()));
  const bool inner = host.find('.') == host.npos ||
                     std::ranges::any_of(
                         inner_domains, [&](const char* domain) { return is_below(host, domain); });
  return !inner;
}

}  // namespace davit::fetch
