#pragma once
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::router {

// "127.0.0.1:4000", "[::1]:4000" or "unix:/path", ready for connect(2) and bind(2); or
// "dyno:/path", the Unix socket of a dyno's door (base/door.hpp), which gives connections instead
// of being one.
class Address {
 public:
  static Result<Address> parse(std::string_view text);

  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  bool is_door() const { return door_; }
  static bool is_door(std::string_view text) { return text.starts_with("dyno:"); }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  const std::string& text() const { return text_; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
  bool door_ = false;
  std::string text_;
};

// "203.0.113.7" and "4000" of a socket address; an IPv4 client of an IPv6 socket as IPv4.
struct HostPort {
  std::string host;
  std::string port;
};
HostPort to_host_port(const sockaddr_storage& storage);

}  // namespace davit::router
