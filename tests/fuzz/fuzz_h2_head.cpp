// Whatever fields an HTTP/2 client sends: the head made of them is refused, or the HTTP/1.1 parser
// reads from it exactly the fields that were put in. Input: name NUL value NUL, again and again.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "router/h2/request_text.hpp"

namespace davit::router {
namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

std::string_view cut(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return part;
}

void try_fields(std::string_view rest) {
  static const auto head = std::make_unique<http::RequestHead>();
  static std::vector<char> out(limits::request_head_bytes_max);
  h2::RequestText request;
  std::string method, path, trailers;
  std::size_t fields = 0, cookies = 0, hosts = 0;
  while (!rest.empty()) {
    const std::string_view name = cut(rest);
    const std::string_view value = cut(rest);
    request.add(name, value);
    if (name == ":method") method = value;
    if (name == ":path") path = value;
    fields += !name.starts_with(':') && name != "cookie" && name != "host";
    cookies += name == "cookie";
    hosts += name == "host" || name == ":authority";
    h2::RequestText::append_trailer(name, value, trailers);
  }
  if (request.write(false, out, *head)) return;
  check(head->method == method && head->target == path);
  check(head->headers.all().size() == fields + (cookies > 0) + (hosts > 0));
  check(!head->wants_upgrade && head->body != http::BodyKind::chunked && hosts > 0);
}

}  // namespace
}  // namespace davit::router

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  davit::router::try_fields({reinterpret_cast<const char*>(data), size});
  return 0;
}
