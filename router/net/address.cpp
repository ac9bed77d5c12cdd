#include "router/net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstring>

namespace davit::router {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view door_prefix = "dyno:";

Error bad(std::string_view text) {
  return fail(Errc::invalid_argument,
              "address '{}' is none of IPV4:PORT, [IPV6]:PORT, unix:PATH, dyno:PATH", text);
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  Address address;
  address.text_ = text;
  address.door_ = text.starts_with(door_prefix);
  if (address.door_ || text.starts_with(unix_prefix)) {
    const std::string_view path = text.substr(text.find(':') + 1);
    auto& un = reinterpret_cast<sockaddr_un&>(address.storage_);
    if (path.empty()) return bad(text);
    if (path.size() >= sizeof un.sun_path) {
      return fail(Errc::invalid_argument, "socket path '{}' is longer than {} bytes", path,
                  sizeof un.sun_path - 1);
    }
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path.data(), path.size());
    address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return bad(text);
  std::string host(text.substr(0, colon));
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return bad(text);
  if (host.front() == '[' && host.back() == ']') {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage_);
    host = host.substr(1, host.size() - 2);
    if (::inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) != 1) return bad(text);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    address.size_ = sizeof in6;
    return address;
  }
  auto& in4 = reinterpret_cast<sockaddr_in&>(address.storage_);
  if (::inet_pton(AF_INET, host.c_str(), &in4.sin_addr) != 1) return bad(text);
  in4.sin_family = AF_INET;
  in4.sin_port = htons(port);
  address.size_ = sizeof in4;
  return address;
}

HostPort to_host_port(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &in4.sin_addr, text, sizeof text);
    return {text, std::to_string(ntohs(in4.sin_port))};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
      ::inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    }
    return {text, std::to_string(ntohs(in6.sin6_port))};
  }
  return {"unix", "0"};
}

}  // namespace davit::router
