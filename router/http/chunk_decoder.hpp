#pragma once
#include <cstdint>
#include <string_view>

namespace davit::router::http {

// Follows the chunked coding (RFC 9112 7.1) through bytes that are passed on as they are, so that
// the router knows where a body ends and that the next reader will see the same end. Strict: CR LF
// only, no sign, no white space in sizes, trailers are checked as header lines. No allocation.
class ChunkDecoder {
 public:
  // One step: how many of the bytes it took, and which of those are payload (for a reader without
  // chunked coding).
  struct Step {
    std::size_t taken = 0;
    std::string_view payload;
    std::string_view trailers;  // lines, or parts of them, with their CRLF
  };
  // Call until everything is taken, or done(), or failed(). Takes at least one byte unless done or
  // failed.
  Step next(std::string_view bytes);
  // All steps at once; the bytes that belong to this body.
  std::size_t feed(std::string_view bytes);

  bool done() const { return state_ == State::done; }
  bool failed() const { return state_ == State::failed; }
  const char* why() const { return why_; }

 private:
  enum class State : std::uint8_t {
    size_start,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
    failed,
  };
  bool in_trailers(char next) const {
    return (state_ == State::trailer_start && next != '\r') ||
           (state_ > State::trailer_start && state_ <= State::trailer_lf);
  }
  void take_byte(char c);
  void take_size_byte(char c);
  void take_trailer_byte(char c);
  void fail(const char* why) {
    why_ = why;
    state_ = State::failed;
  }

  std::uint64_t left_ = 0;
  std::uint32_t overhead_ = 0;  // bytes of this line's extension, or of all trailers
  std::uint8_t digits_ = 0;
  State state_ = State::size_start;
  const char* why_ = "";
};

}  // namespace davit::router::http
