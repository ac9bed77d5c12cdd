#include "router/http/head_parser.hpp"

#include "router/http/chars.hpp"

namespace davit::router::http {
namespace {

HeaderKind classify(std::string_view name) {
  using K = HeaderKind;
  const auto is = [name](std::string_view lower, K kind) {
    return equals_lower(name, lower) ? kind : K::other;
  };
  switch (name.size()) {
    case 2: return is("te", K::hop);
    case 4: return is("host", K::host);
    case 6: return to_lower(name[0]) == 'a' ? is("accept", K::accept) : is("expect", K::expect);
    case 7: return is("upgrade", K::upgrade);
    case 10:
      return to_lower(name[0]) == 'c' ? is("connection", K::connection) : is("keep-alive", K::hop);
    case 12: return is("x-request-id", K::request_id);
    case 14: return is("content-length", K::content_length);
    case 15:
      return is("x-forwarded-for", K::forwarded_for) == K::other
                 ? is("x-request-start", K::forwarded_other)
                 : K::forwarded_for;
    case 16:
      return to_lower(name[0]) == 'x' ? is("x-forwarded-port", K::forwarded_other)
                                      : is("proxy-connection", K::hop);
    case 17:
      return to_lower(name[0]) == 'x' ? is("x-forwarded-proto", K::forwarded_other)
                                      : is("transfer-encoding", K::transfer_encoding);
    default: return K::other;
  }
}

// Digits only, no sign, no list, no more than an int64 holds.
bool parse_length(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  out = value;
  return true;
}

// The header lines of either kind of head, and what they say together.
struct FieldReader {
  HeadCommon& head;
  int hosts = 0;
  int lengths = 0;
  int codings = 0;
  bool says_close = false;
  bool says_keep_alive = false;
  bool says_upgrade = false;
  bool lengths_differ = false;
  const char* why = nullptr;

  const char* read(std::string_view lines);
  const char* read_line(std::string_view line);
  const char* interpret(const Header& header);
  void read_connection(std::string_view value);
};

const char* FieldReader::read(std::string_view lines) {
  head.headers.clear();
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (const char* refusal = read_line(lines.substr(0, end + 1))) return refusal;
    lines.remove_prefix(end + 1);
  }
  head.wants_upgrade = says_upgrade && !head.upgrade.empty();
  head.keep_alive = !says_close && (head.minor == 1 || says_keep_alive);
  return nullptr;
}

const char* FieldReader::read_line(std::string_view line) {
  if (head.headers.full()) return "more than 1000 headers";
  std::size_t name_end = 0;
  while (is_token_char(line[name_end])) ++name_end;  // stops at the line's CR
  if (line[name_end] != ':') {
    if (name_end == 0 && (line[0] == ' ' || line[0] == '\t')) return "a folded header line";
    return "a character that no header name may have";
  }
  if (name_end == 0) return "a header without a name";
  if (name_end > limits::header_name_bytes_max) return "a header name of more than 1000 bytes";
  Header& header = head.headers.add();
  header.line = line;
  header.name = line.substr(0, name_end);
  header.value = trim(line.substr(name_end + 1, line.size() - name_end - 3));
  if (!is_field_text(header.value)) return "a control character in a header";
  header.kind = classify(header.name);
  return header.kind == HeaderKind::other ? nullptr : interpret(header);
}

const char* FieldReader::interpret(const Header& header) {
  switch (header.kind) {
    case HeaderKind::host: ++hosts; break;
    case HeaderKind::content_length: {
      std::uint64_t value = 0;
      if (!parse_length(header.value, value)) return "a malformed Content-Length";
      if (lengths++ > 0 && value != head.content_length) lengths_differ = true;
      head.content_length = value;
      head.has_length = true;
      break;
    }
    case HeaderKind::transfer_encoding:
      if (++codings > 1) return "several Transfer-Encoding headers";
      if (!equals_lower(header.value, "chunked")) return "a Transfer-Encoding other than chunked";
      break;
    case HeaderKind::connection: read_connection(header.value); break;
    case HeaderKind::upgrade: head.upgrade = header.value; break;
    default: break;
  }
  return nullptr;
}

void FieldReader::read_connection(std::string_view value) {
  for_each_item(value, [this](std::string_view item) {
    if (equals_lower(item, "close")) {
      says_close = true;
    } else if (equals_lower(item, "keep-alive")) {
      says_keep_alive = true;
    } else if (equals_lower(item, "upgrade")) {
      says_upgrade = true;
    } else {
      head.nominates_headers = true;
    }
    return true;
  });
}

void reset(HeadCommon& head) {
  head.keep_alive = true;
  head.wants_upgrade = head.nominates_headers = head.has_length = false;
  head.body = BodyKind::none;
  head.content_length = 0;
  head.upgrade = {};
}

// "/path", "*", or "http://host/path", of which only "/path" goes on. `authority` is set for the
// last.
const char* read_target(std::string_view target, RequestHead& out, std::string_view& authority) {
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '#')
      return "a character that no request target may have";
  }
  out.target = target;
  if (target.front() == '/') return nullptr;
  if (target == "*") return out.method == "OPTIONS" ? nullptr : "'*' as the target";
  std::size_t skip = 0;
  if (target.size() > 7 && equals_lower(target.substr(0, 7), "http://")) skip = 7;
  if (target.size() > 8 && equals_lower(target.substr(0, 8), "https://")) skip = 8;
  if (skip == 0) return "a request target that is neither a path nor a URL";
  const std::string_view rest = target.substr(skip);
  const std::size_t slash = rest.find_first_of("/?");
  authority = rest.substr(0, slash);
  out.target = slash == std::string_view::npos ? std::string_view("/") : rest.substr(slash);
  // "http://host?query": the path is empty, and no view of the buffer has the missing slash.
  if (out.target.front() == '?') return "a URL with a query and no path as the target";
  return nullptr;
}

Refusal read_request_line(std::string_view line, RequestHead& out, std::string_view& authority) {
  if (line.size() > limits::request_line_bytes_max)
    return {"a request line of more than 8192 bytes"};
  const std::size_t first = line.find(' ');
  const std::size_t second = first == line.npos ? line.npos : line.find(' ', first + 1);
  if (second == line.npos || second == first + 1) return {"a malformed request line"};
  out.method = line.substr(0, first);
  if (!is_token(out.method)) return {"a malformed method"};
  if (out.method.size() > limits::method_bytes_max) return {"a method of more than 127 bytes"};
  const std::string_view version = line.substr(second + 1);
  if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return {"a malformed request line"};
  }
  if (version[5] != '1' || version[7] > '1') return {"an HTTP version other than 1.0 and 1.1", 505};
  out.minor = version[7] - '0';
  if (out.method == "CONNECT") return {"CONNECT, which this server does not do", 405};
  out.is_head = out.method == "HEAD";
  return {read_target(line.substr(first + 1, second - first - 1), out, authority)};
}

Refusal read_request_fields(RequestHead& out) {
  out.request_id = {};
  out.expect_continue = out.accepts_json = false;
  for (const Header& header : out.headers.all()) {
    if (header.kind == HeaderKind::host) {
      out.authority = header.value;
    } else if (header.kind == HeaderKind::request_id) {
      if (is_valid_request_id(header.value)) out.request_id = header.value;
    } else if (header.kind == HeaderKind::accept) {
      out.accepts_json = header.value.find("json") != header.value.npos;
    } else if (header.kind == HeaderKind::expect) {
      if (!equals_lower(header.value, "100-continue")) {
        return {"an Expect other than 100-continue", 417};
      }
      out.expect_continue = out.minor == 1;
    }
  }
  return {};
}

}  // namespace

HeadScan::State HeadScan::scan(std::string_view bytes) {
  for (;;) {
    const char* from = bytes.data() + searched_;
    const auto* found = static_cast<const char*>(std::memchr(from, '\n', bytes.size() - searched_));
    const std::size_t end = found ? static_cast<std::size_t>(found - bytes.data()) : bytes.size();
    if (end - position_ > line_bytes_max_ + 1) {
      return refuse(position_ == 0 ? "a first line that is too long"
                                   : "a header line that is too long");
    }
    if (!found) {
      searched_ = static_cast<std::uint32_t>(bytes.size());
      return State::incomplete;
    }
    if (end == position_ || bytes[end - 1] != '\r')
      return refuse("a line that does not end in CR LF");
    const bool empty_line = end == position_ + 1;
    position_ = searched_ = static_cast<std::uint32_t>(end + 1);
    if (empty_line) return State::complete;
  }
}

Refusal parse_request(std::string_view head, RequestHead& out) {
  reset(out);
  const std::size_t line_end = head.find('\n');
  std::string_view authority;
  if (line_end < 2) return {"an empty request line"};
  if (Refusal refusal = read_request_line(head.substr(0, line_end - 1), out, authority))
    return refusal;
  FieldReader fields{out};
  if (const char* why = fields.read(head.substr(line_end + 1, head.size() - line_end - 3)))
    return {why};
  if (fields.lengths > 1) return {"several Content-Length headers"};
  if (fields.codings > 0 && fields.lengths > 0) return {"Content-Length beside Transfer-Encoding"};
  if (fields.codings > 0 && out.minor == 0) return {"Transfer-Encoding in HTTP/1.0"};
  if (fields.hosts != 1) return {fields.hosts == 0 ? "no Host header" : "several Host headers"};
  if (Refusal refusal = read_request_fields(out)) return refusal;
  if (!authority.empty() && !equals_ignoring_case(authority, out.authority)) {
    return {"a Host header that differs from the URL"};
  }
  if (!parse_authority(out.authority, out.host)) return {"a malformed Host header"};
  // h2c would hand the connection to a protocol that this parser does not watch; HTTP/1.0 has no
  // upgrades.
  if (out.minor == 0 || equals_lower(out.upgrade, "h2c")) out.wants_upgrade = false;
  if (fields.codings > 0) {
    out.body = BodyKind::chunked;
  } else if (out.content_length > 0) {
    out.body = BodyKind::length;
  }
  return {};
}

Refusal parse_response(std::string_view head, bool to_head_request, ResponseHead& out) {
  reset(out);
  const auto bad = [](const char* why) { return Refusal{why, 502}; };
  const std::size_t line_end = head.find('\n');
  if (line_end < 13 || head.substr(0, 7) != "HTTP/1." || head[7] < '0' || head[7] > '1' ||
      head[8] != ' ') {
    return bad("a malformed status line");
  }
  out.minor = head[7] - '0';
  out.status_text = head.substr(9, line_end - 1 - 9);
  const std::string_view text = out.status_text;
  if (!is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[2]) || !is_field_text(text) ||
      (text.size() > 3 && text[3] != ' ')) {
    return bad("a malformed status line");
  }
  out.status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  if (out.status < 100 || out.status > 599) return bad("a status outside of 100 to 599");
  FieldReader fields{out};
  if (const char* why = fields.read(head.substr(line_end + 1, head.size() - line_end - 3)))
    return bad(why);
  if (fields.lengths_differ) return bad("Content-Length headers that differ");
  if (fields.codings > 0 && out.minor == 0) return bad("Transfer-Encoding in HTTP/1.0");
  if (to_head_request || out.status < 200 || out.status == 204 || out.status == 304) {
    out.body = BodyKind::none;
  } else if (fields.codings > 0) {
    out.body = BodyKind::chunked;
  } else if (fields.lengths > 0) {
    out.body = out.content_length > 0 ? BodyKind::length : BodyKind::none;
  } else {
    out.body = BodyKind::until_close;
    out.keep_alive = false;
  }
  return {};
}

bool parse_authority(std::string_view authority, std::string_view& name) {
  std::size_t end = 0;
  if (authority.empty() || authority.size() > 262) return false;
  if (authority[0] == '[') {
    end = authority.find(']');
    if (end == authority.npos || end < 3) return false;
    for (const char c : authority.substr(1, end - 1)) {
      const bool hex = is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
      if (!hex && c != ':' && c != '.') return false;
    }
    ++end;
  } else {
    while (end < authority.size() && authority[end] != ':') {
      const char c = authority[end++];
      const bool name_char = is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
      if (!name_char && c != '-' && c != '.' && c != '_') return false;
    }
    if (end == 0) return false;
  }
  name = authority.substr(0, end);
  if (end == authority.size()) return true;
  const std::string_view port = authority.substr(end + 1);
  if (authority[end] != ':' || port.empty() || port.size() > 5) return false;
  unsigned number = 0;
  for (const char c : port) {
    if (!is_digit(c)) return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number <= 65535;
}

bool is_valid_request_id(std::string_view id) {
  if (id.size() < 20 || id.size() > 200) return false;
  for (const char c : id) {
    if (!is_digit(c) && (to_lower(c) < 'a' || to_lower(c) > 'z') && c != '-') return false;
  }
  return true;
}

}  // namespace davit::router::http
