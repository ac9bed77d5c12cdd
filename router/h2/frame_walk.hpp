#pragma once
#include <algorithm>
#include <cstdint>
#include <string_view>

namespace davit::router::h2 {

// Where frames begin in what a client sends (RFC 9113 3.4, 4.1): for what the library does not look
// at. Pure; follows bytes in parts of any size, without a buffer.
class FrameWalk {
 public:
  struct Header {
    std::uint8_t type = 0;
    std::int32_t stream = 0;
  };
  // How many of the bytes belong together: to the preface, a header or a payload, or a part of one.
  // `header` is set with the last byte of a header.
  std::size_t next(std::string_view bytes, const Header*& header) {
    header = nullptr;
    const std::size_t taken = std::min<std::size_t>(left_, bytes.size());
    left_ -= static_cast<std::uint32_t>(taken);
    if (in_header_) {
      for (const char c : bytes.substr(0, taken)) take(static_cast<std::uint8_t>(c));
    }
    if (left_ > 0) return taken;
    if (in_header_) header = &header_;
    left_ = in_header_ ? length_ : header_bytes;
    in_header_ = !in_header_;
    if (left_ == 0) {  // no payload
      left_ = header_bytes;
      in_header_ = true;
    }
    at_ = 0;
    return taken;
  }

 private:
  static constexpr std::uint32_t preface_bytes = 24, header_bytes = 9;

  void take(std::uint8_t byte) {
    if (at_ == 0) length_ = stream_ = 0;
    if (at_ < 3) length_ = length_ << 8 | byte;
    if (at_ == 3) header_.type = byte;
    if (at_ == 5) stream_ = byte & 0x7f;  // the first bit is reserved
    if (at_ > 5) stream_ = stream_ << 8 | byte;
    header_.stream = static_cast<std::int32_t>(stream_);
    ++at_;
  }

  std::uint32_t left_ = preface_bytes;  // of the part that this is in
  std::uint32_t length_ = 0;
  std::uint32_t at_ = 0;
  std::uint32_t stream_ = 0;
  bool in_header_ = false;
  Header header_;
};

}  // namespace davit::router::h2
