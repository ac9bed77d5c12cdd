#include "server/fetch/request_head.hpp"

#include <algorithm>
#include <string_view>

#include "base/encoding.hpp"

namespace davit::fetch {
namespace {

// Builds line by line and takes nothing that is more than its line.
class Head {
 public:
  // No part of a request line has a blank.
  Head& request_line(std::string_view method, std::string_view target) {
    for (const std::string_view part : {method, target}) {
      if (part.empty() || part.find(' ') != part.npos) clean_ = false;
    }
    return line(std::string(method) + " " + std::string(target) + " HTTP/1.1");
  }
  Head& field(std::string_view name, std::string_view value) {
    return line(std::string(name) + ": " + std::string(value));
  }
  Result<std::string> end(const Address& address) && {
    if (clean_) return text_ + "\r\n";
    return fail(Errc::invalid_argument, "'{}' cannot be asked for: it has bytes of no address",
                printable(address.shown(), 200));
  }

 private:
  Head& line(const std::string& text) {
    const auto plain = [](unsigned char c) { return c >= 0x20 && c < 0x7f; };
    if (!std::ranges::all_of(text, plain)) clean_ = false;
    text_ += text + "\r\n";
    return *this;
  }
  std::string text_;
  bool clean_ = true;
};

std::string basic(const std::string& userinfo) { return "Basic " + base64_encode(userinfo); }

}  // namespace

Result<std::string> request_head(const FetchRequest& request, const Address& address,
                                 const std::optional<Address>& through) {
  Head head;
  head.request_line(request.body_type.empty() ? "GET" : "POST",
                    through ? address.url() : address.target);
  head.field("Host", address.host_port());
  head.field("User-Agent", request.agent).field("Accept", request.accept);
  if (through && !through->userinfo.empty()) {
    head.field("Proxy-Authorization", basic(through->userinfo));
  }
  if (!address.userinfo.empty()) head.field("Authorization", basic(address.userinfo));
  if (!request.body_type.empty()) {
    head.field("Content-Type", request.body_type);
    head.field("Content-Length", std::to_string(request.body.size()));
  }
  head.field("Connection", "close");
  return std::move(head).end(address);
}

Result<std::string> tunnel_head(const Address& address, const Address& proxy) {
  const bool v6 = address.host.find(':') != address.host.npos;
  const std::string authority = (v6 ? "[" + address.host + "]" : address.host) + ":" + address.port;
  Head head;
  head.request_line("CONNECT", authority).field("Host", authority);
  if (!proxy.userinfo.empty()) head.field("Proxy-Authorization", basic(proxy.userinfo));
  return std::move(head).end(address);
}

}  // namespace davit::fetch
