#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "router/limits.hpp"

// A parsed head: views into the buffer it was read into, valid as long as that buffer does not
// move. About 40 kB: one per thread, filled anew for each head.
namespace davit::router::http {

// What the router does with a header. Decided once, while parsing.
enum class HeaderKind : std::uint8_t {
  other,              // passed on
  accept,             // passed on; says what error pages should be
  host,               //
  content_length,     //
  transfer_encoding,  //
  connection,         // hop by hop: never passed on
  hop,                // keep-alive, proxy-connection, te
  upgrade,            // passed on only with Connection: upgrade
  expect,             // answered by the router
  forwarded_for,      // appended to
  forwarded_other,    // X-Forwarded-Proto, -Port, X-Request-Start: replaced
  request_id,         // kept when it is well formed
};

struct Header {
  std::string_view line;  // with its CRLF
  std::string_view name;
  std::string_view value;  // trimmed
  HeaderKind kind = HeaderKind::other;
};

class Headers {
 public:
  void clear() { count_ = 0; }
  bool full() const { return count_ == items_.size(); }
  Header& add() { return items_[count_++]; }
  std::span<const Header> all() const { return {items_.data(), count_}; }

 private:
  std::size_t count_ = 0;
  std::array<Header, limits::header_count_max> items_;
};

enum class BodyKind : std::uint8_t { none, length, chunked, until_close };

// What both kinds of head have.
struct HeadCommon {
  int minor = 1;                   // HTTP/1.minor
  bool keep_alive = true;          // as the peer asks for it
  bool wants_upgrade = false;      // Connection: upgrade, and an Upgrade header
  bool nominates_headers = false;  // Connection names headers that end here
  bool has_length = false;
  BodyKind body = BodyKind::none;
  std::uint64_t content_length = 0;
  std::string_view upgrade;
  Headers headers;
};

struct RequestHead : HeadCommon {
  std::string_view method;
  std::string_view target;      // origin-form, or "*"
  std::string_view host;        // without the port; not lower-cased
  std::string_view authority;   // with the port, as sent
  std::string_view request_id;  // empty unless well formed
  bool expect_continue = false;
  bool is_head = false;
  bool accepts_json = false;
};

struct ResponseHead : HeadCommon {
  int status = 0;
  std::string_view status_text;  // "200 OK"
};

}  // namespace davit::router::http
