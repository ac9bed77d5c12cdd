#include "cli/http/stream.hpp"

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace davit::cli {
namespace {

using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Endpoints = std::vector<Tcp::endpoint>;

Error broken(const ServerUrl& server, const error_code& ec) {
  if (ec == boost::beast::error::timeout) {
    return fail(Errc::timeout, "{} does not answer; is it running and reachable?", server.str());
  }
  return fail(Errc::unavailable, "the connection to {} broke: {}", server.str(), ec.message());
}

class PlainStream final : public Stream {
 public:
  PlainStream(boost::beast::tcp_stream stream, ServerUrl server, std::chrono::seconds idle)
      : stream_(std::move(stream)), server_(std::move(server)), idle_(idle) {}

  Task<Result<std::size_t>> read_some(asio::mutable_buffer into) override {
    error_code ec;
    stream_.expires_after(idle_);
    const std::size_t n =
        co_await stream_.async_read_some(into, asio::redirect_error(asio::use_awaitable, ec));
    if (ec == asio::error::eof) co_return 0;
    if (ec) co_return broken(server_, ec);
    co_return n;
  }

  Task<Result<std::size_t>> write(asio::const_buffer bytes) override {
    error_code ec;
    stream_.expires_after(idle_);
    co_await asio::async_write(stream_, bytes, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return broken(server_, ec);
    co_return bytes.size();
  }

 private:
  boost::beast::tcp_stream stream_;
  ServerUrl server_;
  std::chrono::seconds idle_;
};

using TlsSocket = asio::ssl::stream<boost::beast::tcp_stream>;

class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<asio::ssl::context> context, std::unique_ptr<TlsSocket> stream,
            ServerUrl server, std::chrono::seconds idle)
      : context_(std::move(context)),
        stream_(std::move(stream)),
        server_(std::move(server)),
        idle_(idle) {}

  Task<Result<std::size_t>> read_some(asio::mutable_buffer into) override {
    error_code ec;
    stream_->next_layer().expires_after(idle_);
    const std::size_t n =
        co_await stream_->async_read_some(into, asio::redirect_error(asio::use_awaitable, ec));
    // A peer that closes without close_notify: the HTTP framing tells whether the message was
    // whole.
    if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) co_return 0;
    if (ec) co_return broken(server_, ec);
    co_return n;
  }

  Task<Result<std::size_t>> write(asio::const_buffer bytes) override {
    error_code ec;
    stream_->next_layer().expires_after(idle_);
    co_await asio::async_write(*stream_, bytes, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return broken(server_, ec);
    co_return bytes.size();
  }

 private:
  std::unique_ptr<asio::ssl::context> context_;
  std::unique_ptr<TlsSocket> stream_;
  ServerUrl server_;
  std::chrono::seconds idle_;
};

// RFC 6761: names below "localhost" are this machine, whether or not its resolver knows that.
Task<Result<Endpoints>> resolve(asio::io_context& io, ServerUrl server) {
  if (server.host == "localhost" || server.host.ends_with(".localhost")) {
    const auto port = static_cast<std::uint16_t>(std::stoul(server.port));
    Endpoints local;
    local.emplace_back(asio::ip::address_v4::loopback(), port);
    local.emplace_back(asio::ip::address_v6::loopback(), port);
    co_return local;
  }
  Tcp::resolver resolver(io);
  error_code ec;
  const auto found = co_await resolver.async_resolve(server.host, server.port,
                                                     asio::redirect_error(asio::use_awaitable, ec));
  if (ec) {
    co_return fail(Errc::unavailable, "the name '{}' cannot be found: {}; check the URL and DNS",
                   server.host, ec.message());
  }
  Endpoints endpoints;
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  co_return endpoints;
}

Error not_reached(const ServerUrl& server, const error_code& ec) {
  if (ec == boost::beast::error::timeout) {
    return fail(Errc::timeout, "{} does not answer; is it running and reachable?", server.str());
  }
  return fail(Errc::unavailable, "cannot connect to {}: {}; is it running?", server.str(),
              ec.message());
}

Error tls_refused(const ServerUrl& server, TlsSocket& stream, const error_code& ec) {
  const long verdict = ::SSL_get_verify_result(stream.native_handle());
  if (verdict != X509_V_OK) {
    return fail(Errc::unavailable,
                "the certificate of {} is not trusted: {}; SSL_CERT_FILE names more authorities",
                server.str(), ::X509_verify_cert_error_string(verdict));
  }
  return fail(Errc::unavailable, "no TLS with {}: {}; is it https there?", server.str(),
              ec.message());
}

Task<Result<std::unique_ptr<Stream>>> start_tls(boost::beast::tcp_stream tcp, ServerUrl server,
                                                HttpTimeouts timeouts) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  error_code ec;
  context->set_default_verify_paths(ec);
  context->set_verify_mode(asio::ssl::verify_peer);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  auto stream = std::make_unique<TlsSocket>(std::move(tcp), *context);
  stream->set_verify_callback(asio::ssl::host_name_verification(server.host));
  ::SSL_set_tlsext_host_name(stream->native_handle(), server.host.c_str());
  stream->next_layer().expires_after(timeouts.connect);
  co_await stream->async_handshake(asio::ssl::stream_base::client,
                                   asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return tls_refused(server, *stream, ec);
  std::unique_ptr<Stream> made = std::make_unique<TlsStream>(std::move(context), std::move(stream),
                                                             std::move(server), timeouts.idle);
  co_return made;
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> connect_stream(asio::io_context& io, ServerUrl server,
                                                     HttpTimeouts timeouts) {
  auto endpoints = co_await resolve(io, server);
  if (!endpoints) co_return endpoints.error();
  boost::beast::tcp_stream tcp(io);
  error_code ec = asio::error::host_unreachable;
  for (const Tcp::endpoint& endpoint : *endpoints) {
    error_code attempt;
    tcp.expires_after(timeouts.connect);
    co_await tcp.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, attempt));
    // The first failure is the telling one: "localhost" tries ::1 last, where seldom anything
    // listens.
    if (&endpoint == &endpoints->front() || !attempt) ec = attempt;
    if (!attempt) break;
  }
  if (ec) co_return not_reached(server, ec);
  if (server.tls) {
    auto secured = co_await start_tls(std::move(tcp), std::move(server), timeouts);
    co_return secured;
  }
  std::unique_ptr<Stream> made =
      std::make_unique<PlainStream>(std::move(tcp), std::move(server), timeouts.idle);
  co_return made;
}

}  // namespace davit::cli
