#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::network {

// A range of addresses: "10.0.0.0/8", "fd00::/8", or one address alone.
class Prefix {
 public:
  // Bits beyond the length must be 0: "10.1.2.3/8" is more likely a slip than a wish.
  static Result<Prefix> parse(std::string_view text);

  bool v6() const { return v6_; }
  int length() const { return length_; }
  bool single() const { return length_ == (v6_ ? 128 : 32); }
  bool loopback() const;     // 127.0.0.0/8, ::1 or a part of them
  bool link_local() const;   // fe80::/10 or a part
  std::string text() const;  // canonical; a single address without its length
  // Where a NAT64 translator shows this IPv4 range (RFC 6052, 64:ff9b::/96).
  Prefix behind_nat64() const;

  friend bool operator==(const Prefix&, const Prefix&) = default;

 private:
  bool v6_ = false;
  int length_ = 0;
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace davit::network
