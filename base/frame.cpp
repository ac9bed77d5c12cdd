#include "base/frame.hpp"

namespace davit {
namespace {

template <class Integer>
void put(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 255);
}

template <class Integer>
Integer get(std::string_view in) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value |= static_cast<Integer>(static_cast<unsigned char>(in[i])) << (8 * i);
  }
  return value;
}

constexpr std::size_t length_bytes = 4;

}  // namespace

std::string encode_frame(FrameKind kind, std::string_view payload) {
  std::string frame;
  frame.reserve(length_bytes + 1 + payload.size());
  put(frame, static_cast<std::uint32_t>(payload.size() + 1));
  frame += static_cast<char>(kind);
  frame += payload;
  return frame;
}

std::string encode_json_frame(std::string_view json) { return encode_frame(FrameKind::json, json); }

std::string encode_output_frame(std::uint64_t offset, std::string_view bytes) {
  std::string frame;
  frame.reserve(length_bytes + 1 + sizeof offset + bytes.size());
  put(frame, static_cast<std::uint32_t>(bytes.size() + sizeof offset + 1));
  frame += static_cast<char>(FrameKind::output);
  put(frame, offset);
  frame += bytes;
  return frame;
}

Result<OutputChunk> decode_output(std::string payload) {
  if (payload.size() < sizeof(std::uint64_t)) {
    return fail(Errc::corrupt, "an output frame of {} bytes has no offset", payload.size());
  }
  OutputChunk chunk;
  chunk.offset = get<std::uint64_t>(payload);
  chunk.bytes = payload.substr(sizeof(std::uint64_t));
  return chunk;
}

Result<std::optional<Frame>> FrameDecoder::next() {
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  const bool has_length = rest.size() >= length_bytes;
  const std::size_t length = has_length ? get<std::uint32_t>(rest) : 0;
  if (has_length && length == 0) return fail(Errc::corrupt, "a frame without a kind");
  if (has_length && length > frame_bytes_max_) {
    return fail(Errc::too_large, "a frame of {} bytes is over the limit of {}", length,
                frame_bytes_max_);
  }
  if (!has_length || rest.size() < length_bytes + length) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
    return std::optional<Frame>();
  }
  const auto kind = static_cast<FrameKind>(rest[length_bytes]);
  if (kind != FrameKind::json && kind != FrameKind::output && kind != FrameKind::data) {
    return fail(Errc::corrupt, "a frame of unknown kind {}", static_cast<int>(kind));
  }
  Frame frame{kind, std::string(rest.substr(length_bytes + 1, length - 1))};
  consumed_ += length_bytes + length;
  return std::optional<Frame>(std::move(frame));
}

}  // namespace davit
