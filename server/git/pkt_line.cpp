#include "server/git/pkt_line.hpp"

#include "base/encoding.hpp"
#include "base/ensure.hpp"

namespace davit::git {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::size_t> hex_length(std::string_view digits) {
  std::size_t value = 0;
  for (const char c : digits) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::size_t>(digit);
  }
  return value;
}

}  // namespace

std::string pkt_line(std::string_view payload) {
  ensure(payload.size() <= pkt_payload_max, "a packet's payload fits");
  return fmt::format("{:04x}{}", payload.size() + 4, payload);
}

Result<std::optional<Packet>> PktReader::next() {
  const std::string_view left = std::string_view(buffer_).substr(at_);
  if (left.size() < 4) return std::optional<Packet>{};
  const auto length = hex_length(left.substr(0, 4));
  if (!length || *length == 3 || *length > pkt_bytes_max) {
    return fail(Errc::corrupt, "'{}' is no pkt-line; is this a git client?",
                printable(left.substr(0, 4), 16));
  }
  if (*length < 4) {
    at_ += 4;
    return std::optional<Packet>{Packet{static_cast<Packet::Kind>(*length + 1), {}}};
  }
  if (left.size() < *length) return std::optional<Packet>{};
  Packet packet{Packet::Kind::data, std::string(left.substr(4, *length - 4))};
  at_ += *length;
  if (at_ >= buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  return std::optional<Packet>{std::move(packet)};
}

std::string PktReader::take_rest() {
  auto rest = buffer_.substr(at_);
  buffer_.clear();
  at_ = 0;
  return rest;
}

}  // namespace davit::git
