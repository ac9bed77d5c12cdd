#include "server/network/prefix.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "server/network/limits.hpp"

namespace davit::network {
namespace {

Error bad(std::string_view text, std::string_view why) {
  return fail(Errc::invalid_argument, "'{}' {}", printable(text, limits::quoted_bytes_max), why);
}

bool clear_beyond(const std::array<std::uint8_t, 16>& bytes, int length, int bits) {
  for (int bit = length; bit < bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> (bit % 8));
    if ((bytes[static_cast<std::size_t>(bit / 8)] & mask) != 0) return false;
  }
  return true;
}

}  // namespace

Result<Prefix> Prefix::parse(std::string_view text) {
  Prefix prefix;
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  prefix.v6_ = address.find(':') != address.npos;
  const int bits = prefix.v6_ ? 128 : 32;
  if (::inet_pton(prefix.v6_ ? AF_INET6 : AF_INET, address.c_str(), prefix.bytes_.data()) != 1) {
    return bad(text, "is no address or range like 10.0.0.0/8 or fd00::/8");
  }
  prefix.length_ = bits;
  if (slash == text.npos) return prefix;
  const auto length = text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(length.data(), length.data() + length.size(), prefix.length_);
  if (error != std::errc() || end != length.data() + length.size() || prefix.length_ < 0 ||
      prefix.length_ > bits) {
    return bad(text, "has no length from 0 to 32 (IPv6: 128) behind its '/'");
  }
  if (!clear_beyond(prefix.bytes_, prefix.length_, bits)) {
    return bad(text, "has bits set beyond its length; write the range's first address");
  }
  return prefix;
}

bool Prefix::loopback() const {
  if (!v6_) return length_ >= 8 && bytes_[0] == 127;
  const bool zeros = std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; });
  return length_ == 128 && zeros && bytes_[15] == 1;
}

bool Prefix::link_local() const {
  return v6_ && length_ >= 10 && bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

std::string Prefix::text() const {
  char out[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), out, sizeof out);
  return single() ? out : fmt::format("{}/{}", out, length_);
}

Prefix Prefix::behind_nat64() const {
  constexpr std::array<std::uint8_t, 4> well_known{0x00, 0x64, 0xff, 0x9b};
  Prefix translated;
  translated.v6_ = true;
  translated.length_ = 96 + length_;
  std::copy(well_known.begin(), well_known.end(), translated.bytes_.begin());
  std::copy(bytes_.begin(), bytes_.begin() + 4, translated.bytes_.begin() + 12);
  return translated;
}

}  // namespace davit::network
