#include "router/http/chunk_decoder.hpp"

#include <algorithm>

#include "router/http/chars.hpp"
#include "router/limits.hpp"

namespace davit::router::http {
namespace {

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

std::size_t ChunkDecoder::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done() && !failed()) taken += next(bytes.substr(taken)).taken;
  return taken;
}

ChunkDecoder::Step ChunkDecoder::next(std::string_view bytes) {
  std::size_t taken = 0;
  std::string_view trailers;
  while (taken < bytes.size() && !done() && !failed()) {
    if (state_ == State::data) {
      const std::size_t count = std::min<std::uint64_t>(left_, bytes.size() - taken);
      left_ -= count;
      if (left_ == 0) state_ = State::data_cr;
      return {taken + count, bytes.substr(taken, count), {}};
    }
    const bool in_trailer = in_trailers(bytes[taken]);
    take_byte(bytes[taken]);
    if (failed()) break;
    if (in_trailer && trailers.empty()) trailers = bytes.substr(taken, 0);
    if (in_trailer) trailers = {trailers.data(), trailers.size() + 1};
    ++taken;
  }
  return {taken, {}, trailers};
}

void ChunkDecoder::take_byte(char c) {
  switch (state_) {
    case State::size_start:
    case State::size:
    case State::extension: return take_size_byte(c);
    case State::size_lf:
      if (c != '\n') return fail("a chunk size line that does not end in CR LF");
      overhead_ = 0;
      digits_ = 0;
      state_ = left_ > 0 ? State::data : State::trailer_start;
      return;
    case State::data_cr:
      if (c != '\r') return fail("a chunk longer than its size");
      state_ = State::data_lf;
      return;
    case State::data_lf:
      if (c != '\n') return fail("a chunk that does not end in CR LF");
      state_ = State::size_start;
      return;
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value: return take_trailer_byte(c);
    case State::trailer_lf:
      if (c != '\n') return fail("a trailer that does not end in CR LF");
      state_ = State::trailer_start;
      return;
    case State::end_lf:
      if (c != '\n') return fail("a chunked body that does not end in CR LF");
      state_ = State::done;
      return;
    case State::data:
    case State::done:
    case State::failed: return;
  }
}

void ChunkDecoder::take_size_byte(char c) {
  if (state_ != State::extension) {
    if (const int value = hex_value(c); value >= 0) {
      if (++digits_ > 15) return fail("a chunk size of more than 15 digits");
      left_ = left_ * 16 + static_cast<std::uint64_t>(value);
      state_ = State::size;
      return;
    }
    if (state_ == State::size_start) return fail("a chunk without a size");
    if (c == ';') {
      state_ = State::extension;
      return;
    }
  }
  if (c == '\r') {
    state_ = State::size_lf;
  } else if (state_ == State::size || is_control(c)) {
    fail("a malformed chunk size");
  } else if (++overhead_ > limits::chunk_extension_bytes_max) {
    fail("a chunk extension that is too long");
  }
}

void ChunkDecoder::take_trailer_byte(char c) {
  if (++overhead_ > limits::trailer_bytes_max) return fail("trailers that are too long");
  if (state_ == State::trailer_start && c == '\r') {
    state_ = State::end_lf;
  } else if (state_ == State::trailer_value) {
    if (c == '\r') {
      state_ = State::trailer_lf;
    } else if (is_control(c)) {
      fail("a control character in a trailer");
    }
  } else if (state_ == State::trailer_name && c == ':') {
    state_ = State::trailer_value;
  } else if (is_token_char(c)) {
    state_ = State::trailer_name;
  } else {
    fail("a malformed trailer");
  }
}

}  // namespace davit::router::http
