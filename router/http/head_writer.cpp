#include "router/http/head_writer.hpp"

#include <charconv>

#include "base/ensure.hpp"
#include "router/http/chars.hpp"

namespace davit::router::http {
namespace {

class Writer {
 public:
  explicit Writer(std::span<char> out) : out_(out) {}

  Writer& put(std::string_view text) {
    ensure(text.size() <= out_.size() - size_, "the rewritten head fits its buffer");
    std::memcpy(out_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Writer& put(std::int64_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return put(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }
  std::size_t size() const { return size_; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
};

// Copies the lines that `keep` accepts, neighbours in one go.
template <class Keep>
void copy_headers(const Headers& headers, Keep keep, Writer& out) {
  const char* run = nullptr;
  const char* run_end = nullptr;
  const auto flush = [&] {
    if (run != nullptr) out.put({run, static_cast<std::size_t>(run_end - run)});
    run = nullptr;
  };
  for (const Header& header : headers.all()) {
    if (!keep(header)) {
      flush();
      continue;
    }
    if (run == nullptr) run = header.line.data();
    run_end = header.line.data() + header.line.size();
  }
  flush();
}

// Whether a Connection header names this one (RFC 9110 7.6.1). Framing and Host are not a client's
// to take away.
bool is_nominated(const HeadCommon& head, const Header& header) {
  if (header.kind != HeaderKind::other) return false;
  for (const Header& connection : head.headers.all()) {
    if (connection.kind != HeaderKind::connection) continue;
    const bool named = !for_each_item(connection.value, [&header](std::string_view item) {
      return !equals_ignoring_case(item, header.name);
    });
    if (named) return true;
  }
  return false;
}

bool passes_to_app(const RequestHead& head, const Header& header) {
  switch (header.kind) {
    case HeaderKind::host:
    case HeaderKind::content_length:
    case HeaderKind::transfer_encoding:
    case HeaderKind::accept: return true;
    case HeaderKind::other: return !head.nominates_headers || !is_nominated(head, header);
    default: return false;
  }
}

void put_forwarded_for(const RequestHead& head, std::string_view client, Writer& out) {
  out.put("X-Forwarded-For: ");
  for (const Header& header : head.headers.all()) {
    if (header.kind == HeaderKind::forwarded_for && !header.value.empty())
      out.put(header.value).put(", ");
  }
  out.put(client).put("\r\n");
}

}  // namespace

std::size_t write_request(const RequestHead& head, const ForwardInfo& info, std::span<char> out) {
  Writer writer(out);
  writer.put(head.method).put(" ").put(head.target).put(" HTTP/1.1\r\n");
  copy_headers(
      head.headers, [&head](const Header& h) { return passes_to_app(head, h); }, writer);
  writer.put("X-Request-Id: ").put(info.request_id).put("\r\n");
  put_forwarded_for(head, info.client_address, writer);
  writer.put("X-Forwarded-Proto: ").put(info.protocol);
  writer.put("\r\nX-Forwarded-Port: ").put(info.port);
  writer.put("\r\nX-Request-Start: ").put(info.start_millis);
  writer.put("\r\nVia: ").put(info.received).put(" davit\r\n");
  if (head.wants_upgrade) {
    writer.put("Connection: Upgrade\r\nUpgrade: ").put(head.upgrade).put("\r\n");
  }
  writer.put("\r\n");
  return writer.size();
}

bool passes_to_client(const ResponseHead& head, const ResponseWriting& how, const Header& header) {
  if (header.kind == HeaderKind::connection || header.kind == HeaderKind::hop ||
      header.kind == HeaderKind::upgrade) {
    return false;
  }
  // The chunked coding wins over a length (contract), and only one of both may reach the client.
  if (header.kind == HeaderKind::content_length && head.body == BodyKind::chunked) return false;
  if (header.kind == HeaderKind::transfer_encoding && how.drop_chunked) return false;
  return !head.nominates_headers || !is_nominated(head, header);
}

bool has_hsts(const ResponseHead& head) {
  for (const Header& header : head.headers.all()) {
    if (equals_lower(header.name, "strict-transport-security")) return true;
  }
  return false;
}

std::size_t write_response(const ResponseHead& head, const ResponseWriting& how,
                           std::span<char> out) {
  Writer writer(out);
  writer.put("HTTP/1.1 ").put(head.status_text).put("\r\n");
  const auto keep = [&](const Header& header) { return passes_to_client(head, how, header); };
  copy_headers(head.headers, keep, writer);
  if (!how.more_headers.empty()) writer.put(how.more_headers);
  writer.put("Via: ").put(via_http1).put("\r\n");
  if (!how.hsts.empty() && !has_hsts(head)) {
    writer.put("Strict-Transport-Security: ").put(how.hsts).put("\r\n");
  }
  if (how.upgrade) {
    writer.put("Connection: Upgrade\r\nUpgrade: ").put(head.upgrade).put("\r\n");
  } else if (how.close) {
    writer.put("Connection: close\r\n");
  } else if (how.say_keep_alive) {
    writer.put("Connection: keep-alive\r\n");
  }
  writer.put("\r\n");
  return writer.size();
}

}  // namespace davit::router::http
