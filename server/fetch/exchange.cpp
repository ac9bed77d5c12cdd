#include "server/fetch/exchange.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "server/fetch/limits.hpp"
#include "server/fetch/rate_floor.hpp"
#include "server/fetch/request_head.hpp"

namespace davit::fetch {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

enum class Through { nothing, proxy };

// `whom`: an address as it is shown, or the proxy, which is the admin's and named to no tenant.
Error failed(const Ongoing& ongoing, const std::string& whom, const error_code& ec,
             std::string_view what) {
  if (!ongoing.stopped.empty()) return fail(Errc::timeout, "{}: {}", whom, ongoing.stopped);
  if (ec == beast::error::timeout) {
    return fail(Errc::timeout, "{}: {}: no answer", whom, what);
  }
  return fail(Errc::unavailable, "{}: {}: {}", whom, what, ec.message());
}

std::string name_of(const Address& address) { return "'" + address.shown() + "'"; }

std::string name_of_proxy(const Address& address) {
  return name_of(address) + ": the proxy of this server";
}

Error too_large(const Ongoing& ongoing, const Address& address) {
  return fail(Errc::too_large, "'{}' has more than {} MB", address.shown(),
              ongoing.request.bytes_max / (1024 * 1024));
}

// What a name of the inner network resolves to is nothing that a tenant should learn: the admin
// finds it in the log.
Error closed_address(const Address& address, const std::string& where) {
  log::warning("a fetch into this server's own network was refused",
               {{"host", address.host}, {"address", where}});
  return fail(Errc::forbidden,
              "'{}' leads to an address that is this server or its private network; an admin may "
              "allow that address, which davitd's log names: [sources] allow in davit.toml",
              address.shown());
}

Task<Result<>> connect(Ongoing& ongoing, beast::tcp_stream& stream, Address to, std::string whom,
                       Through through) {
  error_code ec;
  tcp::resolver resolver(ongoing.io);
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  const auto found = co_await resolver.async_resolve(to.host, to.port, token);
  if (ec || !ongoing.stopped.empty()) co_return failed(ongoing, whom, ec, "look its name up");
  std::vector<tcp::endpoint> open;
  for (const auto& one : found) {
    // An admin's proxy is not asked about.
    if (through == Through::proxy || ongoing.guard.permits(one.endpoint().address())) {
      open.push_back(one);
    }
  }
  if (open.empty()) co_return closed_address(to, found.begin()->endpoint().address().to_string());
  stream.expires_after(limits::connect_timeout);
  co_await stream.async_connect(open, token);
  if (ec) co_return failed(ongoing, whom, ec, "connect");
  co_return Result<>();
}

template <class Stream>
Task<Result<>> read_body(Ongoing& ongoing, Stream& stream, beast::flat_buffer& buffer,
                         http::response_parser<http::buffer_body>& parser, const Address& address) {
  std::vector<char> block(limits::block_bytes);
  const SystemClock clock;
  RateFloor floor(limits::bytes_per_second_min, limits::rate_window, clock.steady());
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = block.data();
    body.size = block.size();
    error_code ec;
    beast::get_lowest_layer(stream).expires_after(limits::idle_timeout);
    auto token = asio::redirect_error(asio::use_awaitable, ec);
    co_await http::async_read_some(stream, buffer, parser, token);
    if (ec == http::error::need_buffer) ec = {};
    if (ec == http::error::body_limit) co_return too_large(ongoing, address);
    if (ec) co_return failed(ongoing, name_of(address), ec, "read");
    const std::size_t came = block.size() - body.size;
    if (!floor.take(came, clock.steady())) {
      co_return fail(Errc::timeout, "'{}' sends too slowly: less than {} KB a second",
                     address.shown(), limits::bytes_per_second_min / 1024);
    }
    const auto taken = ongoing.take({block.data(), came});
    if (!taken) co_return taken.error();
  }
  co_return Result<>();
}

template <class Stream>
Task<Result<Answer>> ask(Ongoing& ongoing, Stream& stream, const Address& address,
                         const std::optional<Address>& through) {
  auto head = request_head(ongoing.request, address, through);
  if (!head) co_return std::move(head).error();
  *head += ongoing.request.body;
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  beast::get_lowest_layer(stream).expires_after(limits::idle_timeout);
  co_await asio::async_write(stream, asio::buffer(*head), token);
  if (ec) co_return failed(ongoing, name_of(address), ec, "ask");
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.header_limit(limits::head_bytes_max);
  parser.body_limit(ongoing.request.bytes_max);
  co_await http::async_read_header(stream, buffer, parser, token);
  if (ec == http::error::body_limit) co_return too_large(ongoing, address);
  if (ec) co_return failed(ongoing, name_of(address), ec, "read its answer");
  Answer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  answer.location = std::string(parser.get()[http::field::location]);
  answer.type = std::string(parser.get()[http::field::content_type]);
  if (answer.status != 200) co_return answer;
  const auto read = co_await read_body(ongoing, stream, buffer, parser, address);
  if (!read) co_return read.error();
  co_return answer;
}

// RFC 9110, section 9.3.6.
Task<Result<>> open_tunnel(Ongoing& ongoing, beast::tcp_stream& stream, const Address& address,
                           const Address& proxy) {
  const auto head = tunnel_head(address, proxy);
  if (!head) co_return head.error();
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  stream.expires_after(limits::connect_timeout);
  co_await asio::async_write(stream, asio::buffer(*head), token);
  beast::flat_buffer buffer;
  http::response_parser<http::empty_body> parser;
  parser.header_limit(limits::head_bytes_max);
  parser.skip(true);
  if (!ec) co_await http::async_read_header(stream, buffer, parser, token);
  if (ec) co_return failed(ongoing, name_of_proxy(address), ec, "ask it");
  if (parser.get().result_int() / 100 == 2 && buffer.size() == 0) co_return Result<>();
  co_return fail(Errc::unavailable, "{}: it refuses a way there: {}", name_of_proxy(address),
                 parser.get().result_int());
}

}  // namespace

Task<Result<Answer>> exchange(Ongoing& ongoing, Address address, std::optional<Address> proxy) {
  beast::ssl_stream<beast::tcp_stream> stream(beast::tcp_stream(ongoing.io), ongoing.tls);
  beast::tcp_stream& plain = beast::get_lowest_layer(stream);
  struct Closer {
    Ongoing& ongoing;
    ~Closer() { ongoing.close = nullptr; }
  };
  const Closer closer{ongoing};
  ongoing.close = [&plain] { plain.close(); };

  Address first = proxy ? *proxy : address;
  if (proxy && !ongoing.guard.permits_host(address.host)) {
    co_return closed_address(address, address.host);
  }
  const Through through = proxy ? Through::proxy : Through::nothing;
  std::string whom = proxy ? name_of_proxy(address) : name_of(address);
  auto connected = co_await connect(ongoing, plain, std::move(first), std::move(whom), through);
  if (!connected) co_return std::move(connected).error();
  if (!address.secure) {
    auto answer = co_await ask(ongoing, plain, address, proxy);
    co_return answer;
  }
  if (proxy) {
    auto opened = co_await open_tunnel(ongoing, plain, address, *proxy);
    if (!opened) co_return std::move(opened).error();
  }
  SSL_set_tlsext_host_name(stream.native_handle(), address.host.c_str());
  stream.set_verify_callback(asio::ssl::host_name_verification(address.host));
  plain.expires_after(limits::connect_timeout);
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  co_await stream.async_handshake(asio::ssl::stream_base::client, token);
  if (ec) co_return failed(ongoing, name_of(address), ec, "agree on TLS");
  const std::optional<Address> direct;
  auto answer = co_await ask(ongoing, stream, address, direct);
  co_return answer;
}

}  // namespace davit::fetch
