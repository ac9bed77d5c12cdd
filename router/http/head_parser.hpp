#pragma once
#include <cstddef>
#include <string_view>

#include "router/http/head.hpp"

// Strict HTTP/1.1 heads, in place (RFC 9110, RFC 9112). Whatever two readers might understand
// differently is refused: bare CR or LF, NUL and other controls, obs-fold, white space before the
// colon, several Content-Length or Host, Content-Length beside Transfer-Encoding, any transfer
// coding but chunked, userinfo or a path in Host. No allocation.
namespace davit::router::http {

// Finds the end of a head in a buffer that grows, without looking twice at a byte.
class HeadScan {
 public:
  enum class State : std::uint8_t { incomplete, complete, refused };

  explicit HeadScan(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}
  // `bytes` starts at the head's first byte and holds at least what it held at the last call.
  State scan(std::string_view bytes);
  std::size_t head_bytes() const { return position_; }  // once complete, with the empty line
  const char* refusal() const { return refusal_; }      // once refused

 private:
  State refuse(const char* why) {
    refusal_ = why;
    return State::refused;
  }
  std::size_t line_bytes_max_;
  std::uint32_t position_ = 0;  // start of the line that is not complete yet
  std::uint32_t searched_ = 0;
  const char* refusal_ = "";
};

// nullptr: fine. Else why it is refused, one phrase for people; `status` is what to answer.
struct Refusal {
  const char* why = nullptr;
  int status = 400;
  explicit operator bool() const { return why != nullptr; }
};

// `head` is what HeadScan found complete.
Refusal parse_request(std::string_view head, RequestHead& out);
// `to_head_request`: the answer to HEAD has no body whatever it says. A refusal's status is 502.
Refusal parse_response(std::string_view head, bool to_head_request, ResponseHead& out);

// Whether `host` is what may stand in a Host header: a name or an address, and an optional port.
// Sets `name` to the part without the port.
bool parse_authority(std::string_view authority, std::string_view& name);

// 20 to 200 characters of [A-Za-z0-9-].
bool is_valid_request_id(std::string_view id);

}  // namespace davit::router::http
