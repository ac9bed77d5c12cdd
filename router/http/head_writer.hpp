#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "router/http/head.hpp"

// Rewrites heads for the next hop: RFC 9110 7.6 and the vendor's X- headers. Into a buffer of the
// caller, which has the size of the parsed head and `limits::block_headroom` bytes more.
namespace davit::router::http {

struct ForwardInfo {
  std::string_view client_address;  // "203.0.113.7", "2001:db8::1"
  std::string_view protocol;        // "http" or "https"
  std::string_view port;            // the one the client connected to
  std::string_view request_id;
  std::int64_t start_millis = 0;      // since 1970
  std::string_view received = "1.1";  // HTTP's version, as the client spoke it
};

// The bytes written.
std::size_t write_request(const RequestHead& head, const ForwardInfo& info, std::span<char> out);

struct ResponseWriting {
  bool upgrade = false;             // a 101: Connection and Upgrade are passed on
  bool close = false;               // this connection ends after the response
  bool say_keep_alive = false;      // an HTTP/1.0 client that asked for it
  bool drop_chunked = false;        // the client does not know it; the body is sent bare
  std::string_view hsts{};          // Strict-Transport-Security, where the app sends none
  std::string_view more_headers{};  // of our own, each with its CRLF; 500 bytes at most
};
inline constexpr std::string_view via_http1 = "1.1 davit";
// Whether a header goes on to the client. RFC 9110 7.6.1.
bool passes_to_client(const ResponseHead& head, const ResponseWriting& how, const Header& header);
bool has_hsts(const ResponseHead& head);
std::size_t write_response(const ResponseHead& head, const ResponseWriting& how,
                           std::span<char> out);

}  // namespace davit::router::http
