#pragma once
#include <nghttp2/nghttp2.h>

#include <string_view>
#include <vector>

#include "router/http/chars.hpp"
#include "router/http/head_writer.hpp"

// What touches libnghttp2's own types. For source files of this folder only.
namespace davit::router::h2 {

struct Fields : std::vector<nghttp2_nv> {};

// The views must live until the fields are submitted: the library copies them, and makes names
// lower-case.
inline void add_field(Fields& fields, std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  fields.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
}

// Header lines, each with its CRLF.
inline void add_lines(Fields& fields, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    const std::size_t colon = line.find(':');
    add_field(fields, line.substr(0, colon), http::trim(line.substr(colon + 1)));
    lines.remove_prefix(end + 2);
  }
}

// RFC 9113 8.3.2. What ends at this hop is left out, as in HTTP/1.1.
inline void add_response(Fields& fields, const http::ResponseHead& head,
                         const http::ResponseWriting& how) {
  add_field(fields, ":status", head.status_text.substr(0, 3));
  for (const http::Header& header : head.headers.all()) {
    if (!http::passes_to_client(head, how, header)) continue;
    if (header.kind == http::HeaderKind::transfer_encoding) continue;
    add_field(fields, header.name, header.value);
  }
  add_field(fields, "via", http::via_http1);
  add_lines(fields, how.more_headers);
  if (how.hsts.empty() || http::has_hsts(head)) return;
  add_field(fields, "strict-transport-security", how.hsts);
}

// nghttp2_data_source_read_callback of every response; its source is a RequestStream.
ssize_t read_part(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                  std::uint32_t* flags, nghttp2_data_source* source, void* user);

}  // namespace davit::router::h2
