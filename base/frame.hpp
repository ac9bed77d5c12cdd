#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit {

// What davitd, davit-router and davit-dyno say to each other over Unix stream sockets:
//   u32 little-endian length of what follows | u8 kind | payload
// One codec, no I/O, used on both sides.
enum class FrameKind : std::uint8_t {
  json = 1,    // payload: one JSON object with a member "type"
  output = 2,  // payload: u64 little-endian offset in the output stream, then raw bytes
  data = 3,    // payload: u8 channel, then raw bytes (base/run_stream.hpp)
};

struct Frame {
  FrameKind kind = FrameKind::json;
  std::string payload;
};

struct OutputChunk {
  std::uint64_t offset = 0;  // position of the first byte in the dyno's whole output
  std::string bytes;
};

std::string encode_frame(FrameKind kind, std::string_view payload);
std::string encode_json_frame(std::string_view json);
std::string encode_output_frame(std::uint64_t offset, std::string_view bytes);
Result<OutputChunk> decode_output(std::string payload);

class FrameDecoder {
 public:
  explicit FrameDecoder(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // nullopt: more bytes are needed. An error (corrupt, too_large) is final: close the connection.
  Result<std::optional<Frame>> next();

 private:
  std::size_t frame_bytes_max_;
  std::string buffer_;
  std::size_t consumed_ = 0;
};

}  // namespace davit
