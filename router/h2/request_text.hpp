#pragma once
#include <span>
#include <string>
#include <string_view>

#include "router/http/head_parser.hpp"

namespace davit::router::h2 {

// An HTTP/2 request's fields made into an HTTP/1.1 head (RFC 9113 8.3), which is then read by the
// parser that reads every head: there is one opinion of what a request may be. What could mean
// something else in HTTP/1.1 than here is refused before it is written: bytes that end lines or
// words, framing and connection fields, upper case, pseudo-fields that are unknown, doubled, late
// or missing, a Host that is not the :authority. Pure; keeps its capacity from request to request.
class RequestText {
 public:
  void clear();
  void add(std::string_view name, std::string_view value);  // as they come
  void refuse(const char* why) { refusal_ = why; }

  // Writes the head into `out`, of limits::request_head_bytes_max bytes or more, and parses it.
  // `has_body`: the request did not end with its fields.
  http::Refusal write(bool has_body, std::span<char> out, http::RequestHead& head);
  std::size_t size() const { return size_; }  // of what was written

  // A trailer's line, or nothing where a trailer may not have this field (RFC 9110 6.5.1). false:
  // malformed.
  static bool append_trailer(std::string_view name, std::string_view value, std::string& lines);

 private:
  const char* add_pseudo(std::string_view name, std::string_view value);
  const char* add_field(std::string_view name, std::string_view value);
  const char* missing() const;

  const char* refusal_ = nullptr;
  std::string method_, path_, scheme_, authority_, host_, cookie_, fields_;
  std::size_t bytes_ = 0;
  std::size_t size_ = 0;
  bool fields_began_ = false;
  bool has_length_ = false;
  bool has_host_ = false;
  bool has_cookie_ = false;
};

}  // namespace davit::router::h2
