#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit::dyno {

// One request of rtnetlink(7): a header of its own type, then attributes, which may hold others.
class NetlinkRequest {
 public:
  NetlinkRequest(std::uint16_t type, std::uint16_t flags);

  template <class Header>
  NetlinkRequest& header(const Header& value) {
    append(std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
    return *this;
  }
  NetlinkRequest& attribute(std::uint16_t type, std::string_view bytes);
  NetlinkRequest& number(std::uint16_t type, std::uint32_t value);
  NetlinkRequest& text(std::uint16_t type, std::string_view value);  // NUL-terminated
  // An IPv4 or IPv6 address; the text was checked.
  NetlinkRequest& address(std::uint16_t type, const std::string& value);
  // Attributes until close() are inside it.
  std::size_t open(std::uint16_t type);
  void close(std::size_t opened);

  std::string finish();  // the whole message

 private:
  void append(std::string_view bytes);
  std::string bytes_;
};

// A connection to the kernel's routing tables, of the network namespace that it was opened in. The
// kernel answers within the call.
class Netlink {
 public:
  static Result<Netlink> open();
  // `what` begins an error's text: "make the device 'dv00-1'".
  Result<> request(NetlinkRequest request, std::string_view what);

 private:
  explicit Netlink(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// What both ends of a dyno's network need.
struct PointToPoint {
  std::string local;
  std::string peer;
};
Result<> bring_up(Netlink& netlink, const std::string& device);
Result<> add_address(Netlink& netlink, const std::string& device, const PointToPoint& ends);
Result<> add_default_route(Netlink& netlink, const std::string& device, const std::string& gateway);

}  // namespace davit::dyno
