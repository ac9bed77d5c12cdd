#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

// git's framing (gitprotocol-common(5)): four hexadecimal digits of length, itself included, then
// the payload.
namespace davit::git {

inline constexpr std::size_t pkt_bytes_max = 65520;
inline constexpr std::size_t pkt_payload_max = pkt_bytes_max - 4;
inline constexpr std::string_view pkt_flush = "0000";

std::string pkt_line(std::string_view payload);  // payload: at most pkt_payload_max

struct Packet {
  enum class Kind { data, flush, delimiter, response_end };
  Kind kind = Kind::data;
  std::string payload;
};

// Takes packets from the front of bytes as they come. Sans I/O.
class PktReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // nullopt: needs more bytes. corrupt: no pkt-line; every later call says so again.
  Result<std::optional<Packet>> next();
  std::size_t buffered() const { return buffer_.size() - at_; }
  // What was fed but not taken: the pack's first bytes, after the last packet.
  std::string take_rest();

 private:
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace davit::git
