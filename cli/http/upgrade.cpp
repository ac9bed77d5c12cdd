#include "cli/http/upgrade.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "cli/api_client.hpp"

namespace davit::cli {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t answer_head_bytes_max = 64 * 1024;
constexpr std::uint64_t refusal_bytes_max = 64 * 1024;
constexpr int switching_protocols = 101;

Error no_upgrade(const WebUrl& url, std::string_view why) {
  return fail(Errc::corrupt, "{} did not switch the connection over: {}", url.server.str(), why);
}

}  // namespace

Task<Result<Upgraded>> upgrade(asio::io_context& io, WebUrl url, std::string protocol,
                               HttpTimeouts timeouts) {
  auto connected = co_await connect_stream(io, url.server, timeouts);
  if (!connected) co_return connected.error();
  Upgraded upgraded{std::move(*connected), {}};
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: {}\r\n\r\n",
                  url.target, url.server.host_port(), protocol);
  const auto out = asio::buffer(request);
  const auto sent = co_await upgraded.stream->write(out);
  if (!sent) co_return sent.error();

  http::response_parser<http::string_body> parser;
  parser.header_limit(answer_head_bytes_max);
  parser.body_limit(refusal_bytes_max);
  boost::beast::flat_buffer buffer;
  while (!parser.is_done()) {
    const auto into = buffer.prepare(16 * 1024);
    const auto got = co_await upgraded.stream->read_some(into);
    if (!got) co_return got.error();
    if (*got == 0) co_return no_upgrade(url, "it closed the connection");
    buffer.commit(*got);
    boost::system::error_code ec;
    while (buffer.size() > 0 && !parser.is_done() && !ec)
      buffer.consume(parser.put(buffer.data(), ec));
    if (ec && ec != http::error::need_more) co_return no_upgrade(url, ec.message());
  }
  if (parser.get().result_int() == switching_protocols) {
    upgraded.first = boost::beast::buffers_to_string(buffer.data());
    co_return upgraded;
  }
  HttpResponse response;
  response.status = static_cast<int>(parser.get().result_int());
  response.body = std::move(parser.get().body());
  co_return api_error(response, url.server);
}

}  // namespace davit::cli
