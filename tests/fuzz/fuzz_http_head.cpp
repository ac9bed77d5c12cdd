// Whatever bytes come: the head parser ends, reads nothing outside of them, and what it accepts can
// be rewritten into a head that it accepts again and frames the same.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "router/http/head_parser.hpp"
#include "router/http/head_writer.hpp"

namespace davit::router {
namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void try_request(std::string_view bytes) {
  static const auto head = std::make_unique<http::RequestHead>();
  http::HeadScan scan(limits::header_line_bytes_max);
  if (scan.scan(bytes) != http::HeadScan::State::complete) return;
  if (http::parse_request(bytes.substr(0, scan.head_bytes()), *head)) return;
  const auto body = head->body;
  const auto length = head->content_length;
  const std::string host(head->host);
  std::vector<char> out(scan.head_bytes() + limits::block_headroom);
  const http::ForwardInfo info{"127.0.0.1", "http", "80", "00000000-0000-0000-0000-000000000000",
                               1};
  const std::string again(out.data(), http::write_request(*head, info, out));
  http::HeadScan second(limits::block_bytes);
  check(second.scan(again) == http::HeadScan::State::complete);
  check(second.head_bytes() == again.size());
  const auto refusal = http::parse_request(again, *head);
  // What the router adds may push a head at the limit of the count or of a line over it.
  if (refusal) return;
  check(head->body == body && head->content_length == length && head->host == host);
}

void try_response(std::string_view bytes) {
  static const auto head = std::make_unique<http::ResponseHead>();
  http::HeadScan scan(limits::response_head_bytes_max);
  if (scan.scan(bytes) != http::HeadScan::State::complete) return;
  if (http::parse_response(bytes.substr(0, scan.head_bytes()), false, *head)) return;
  std::vector<char> out(scan.head_bytes() + limits::block_headroom);
  http::write_response(*head, {}, out);
}

}  // namespace
}  // namespace davit::router

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  davit::router::try_request(bytes);
  davit::router::try_response(bytes);
  return 0;
}
