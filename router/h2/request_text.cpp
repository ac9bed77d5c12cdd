#include "router/h2/request_text.hpp"

#include <cstring>

#include "router/http/chars.hpp"

namespace davit::router::h2 {
namespace {

// What the rewritten head has beside the fields' own bytes, at most.
constexpr std::size_t framing_bytes = 128;

bool is_lower_token(std::string_view name) {
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') return false;
  }
  return http::is_token(name);
}

// RFC 9113 8.2.2.
bool is_of_connection(std::string_view name) {
  return name == "connection" || name == "transfer-encoding" || name == "upgrade" ||
         name == "keep-alive" || name == "proxy-connection" || name == "http2-settings";
}

bool has_space_or_control(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return true;
  }
  return false;
}

class Lines {
 public:
  explicit Lines(std::span<char> out) : out_(out) {}
  Lines& put(std::string_view text) {
    std::memcpy(out_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  std::string_view text() const { return {out_.data(), size_}; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
};

}  // namespace

void RequestText::clear() {
  refusal_ = nullptr;
  for (std::string* text : {&method_, &path_, &scheme_, &authority_, &host_, &cookie_, &fields_})
    text->clear();
  bytes_ = size_ = 0;
  fields_began_ = has_length_ = has_host_ = has_cookie_ = false;
}

void RequestText::add(std::string_view name, std::string_view value) {
  if (refusal_ != nullptr) return;
  bytes_ += name.size() + value.size() + 4;
  if (bytes_ > limits::request_head_bytes_max - framing_bytes) {
    refusal_ = "a head of more than 32 kB";
  } else {
    refusal_ = name.starts_with(':') ? add_pseudo(name, value) : add_field(name, value);
  }
}

const char* RequestText::add_pseudo(std::string_view name, std::string_view value) {
  if (fields_began_) return "a pseudo-field after other fields";
  std::string* place = nullptr;
  if (name == ":method") place = &method_;
  if (name == ":path") place = &path_;
  if (name == ":scheme") place = &scheme_;
  if (name == ":authority") place = &authority_;
  if (place == nullptr) return "an unknown pseudo-field";
  if (!place->empty()) return "a pseudo-field twice";
  if (value.empty()) return "an empty pseudo-field";
  if (has_space_or_control(value)) return "a space or control character in a pseudo-field";
  *place = value;
  return nullptr;
}

const char* RequestText::add_field(std::string_view name, std::string_view value) {
  fields_began_ = true;
  if (!is_lower_token(name)) return "a character that no header name may have";
  if (name.size() > limits::header_name_bytes_max) return "a header name of more than 1000 bytes";
  if (!http::is_field_text(value)) return "a control character in a header";
  if (is_of_connection(name)) return "a header of HTTP/1.1 connections in HTTP/2";
  if (name == "te" && !http::equals_lower(value, "trailers")) return "a TE other than trailers";
  if (name == "host") {
    if (has_host_) return "several Host headers";
    has_host_ = true;
    host_ = value;
    return nullptr;
  }
  if (name == "cookie") {  // RFC 9113 8.2.3
    has_cookie_ = true;
    if (!cookie_.empty() && !value.empty()) cookie_ += "; ";
    cookie_ += value;
    return nullptr;
  }
  if (name == "content-length") has_length_ = true;
  fields_.append(name).append(": ").append(value).append("\r\n");
  return nullptr;
}

const char* RequestText::missing() const {
  if (method_.empty() || path_.empty() || scheme_.empty()) return "a pseudo-field is missing";
  if (!http::is_token(method_)) return "a malformed method";
  if (scheme_ != "https" && scheme_ != "http") return "a scheme other than http and https";
  if (path_.front() != '/' && path_ != "*") return "a path that does not start with a slash";
  if (has_host_ && !authority_.empty() && !http::equals_ignoring_case(authority_, host_)) {
    return "a Host header that differs from :authority";
  }
  return nullptr;
}

http::Refusal RequestText::write(bool has_body, std::span<char> out, http::RequestHead& head) {
  if (method_ == "CONNECT") return {"CONNECT, which this server does not do", 405};
  if (refusal_ == nullptr) refusal_ = missing();
  if (refusal_ != nullptr) return {refusal_};
  Lines lines(out);
  lines.put(method_).put(" ").put(path_).put(" HTTP/1.1\r\n");
  if (!authority_.empty() || has_host_) {
    lines.put("host: ").put(authority_.empty() ? host_ : authority_).put("\r\n");
  }
  lines.put(fields_);
  if (has_cookie_) lines.put("cookie: ").put(cookie_).put("\r\n");
  if (has_body && !has_length_) lines.put("transfer-encoding: chunked\r\n");
  lines.put("\r\n");
  size_ = lines.text().size();
  http::HeadScan scan(limits::header_line_bytes_max);
  if (scan.scan(lines.text()) != http::HeadScan::State::complete) return {scan.refusal()};
  return http::parse_request(lines.text(), head);
}

bool RequestText::append_trailer(std::string_view name, std::string_view value,
                                 std::string& lines) {
  if (!is_lower_token(name) || !http::is_field_text(value)) return false;
  const bool framing = is_of_connection(name) || name == "host" || name == "content-length" ||
                       name == "te" || name == "trailer" || name == "content-encoding";
  if (!framing) lines.append(name).append(": ").append(value).append("\r\n");
  return lines.size() <= limits::trailer_bytes_max;
}

}  // namespace davit::router::h2
