#include "cli/http/client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/ensure.hpp"
#include "base/files.hpp"
#include "base/task_group.hpp"
#include "cli/http/stream.hpp"

namespace davit::cli {
namespace {

namespace http = boost::beast::http;

// A whole answer in memory: the largest are lists (1000 releases of 2 kB) and config vars (64 kB).
constexpr std::uint64_t body_bytes_max = 32 * 1024 * 1024;
constexpr std::uint32_t head_bytes_max = 64 * 1024;

bool has_line_break(std::string_view text) {
  return text.find_first_of("\r\n") != std::string_view::npos;
}

std::string serialize(const HttpRequest& request, const ServerUrl& server) {
  ensure(!has_line_break(request.target) && request.target.starts_with('/'), "an encoded target");
  std::string text =
      request.method + " " + request.target + " HTTP/1.1\r\nHost: " + server.host_port() + "\r\n";
  for (const auto& [name, value] : request.fields) {
    ensure(!has_line_break(value), "a header value is one line");
    text += name + ": " + value + "\r\n";
  }
  if (!request.body.empty() || request.method != "GET") {
    std::error_code ec;
    const auto bytes = request.body_file.empty()
                           ? std::uintmax_t{request.body.size()}
                           : std::filesystem::file_size(request.body_file, ec);
    text += "Content-Length: " + std::to_string(bytes) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string_view HttpResponse::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (same_name(key, name)) return value;
  }
  return {};
}

struct HttpClient::Impl {
  Impl(const ServerUrl& where, HttpTimeouts limits) : server(where), timeouts(limits) {}

  // A connection that was kept may have been closed meanwhile: then, before any byte came, once
  // more on a new one.
  Task<Result<HttpResponse>> exchange(std::string bytes, const BodyTaker* take) {
    if (stream) {
      auto response = co_await once(bytes, take);
      if (response || answered || response.error().code != Errc::unavailable) co_return response;
    }
    auto connected = co_await connect_stream(io, server, timeouts);
    if (!connected) co_return connected.error();
    stream = std::move(*connected);
    auto response = co_await once(std::move(bytes), take);
    co_return response;
  }

  Task<Result<HttpResponse>> once(std::string bytes, const BodyTaker* take) {
    auto response = co_await talk(std::move(bytes), take);
    if (!response || !keep) stream.reset();
    co_return response;
  }

  Task<Result<HttpResponse>> talk(std::string bytes, const BodyTaker* take) {
    keep = false;
    answered = false;
    const auto out = asio::buffer(bytes);
    auto sent = co_await stream->write(out);
    if (!sent) co_return sent.error();
    if (!body_file.empty()) {
      auto file = open_file(body_file, O_RDONLY);
      if (!file) co_return std::move(file).error();
      // A server that refuses it may answer and hang up before it has everything: its answer
      // counts.
      const auto whole = co_await send_file(file->get());
      if (!whole && whole.error().code == Errc::io) co_return whole.error();
    }

    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.header_limit(head_bytes_max);
    if (take != nullptr) {
      parser.body_limit(boost::none);
    } else {
      parser.body_limit(body_bytes_max);
    }
    boost::beast::flat_buffer buffer;
    while (!parser.is_done()) {
      const auto into = buffer.prepare(16 * 1024);
      auto n = co_await stream->read_some(into);
      if (!n) co_return n.error();
      answered = answered || *n > 0;
      buffer.commit(*n);
      auto fed = feed(parser, buffer, *n == 0);
      if (!fed) co_return fed.error();
      if (!hand_over(parser, take)) co_return head_of(parser);
    }
    keep = parser.get().keep_alive() && buffer.size() == 0;
    HttpResponse response = head_of(parser);
    response.body = std::move(parser.get().body());
    co_return response;
  }

  Task<Result<>> send_file(int file) {
    std::vector<char> block(256 * 1024);
    for (;;) {
      const ssize_t count = ::read(file, block.data(), block.size());
      if (count < 0 && errno != EINTR) co_return fail_errno(errno, "read the file to send");
      if (count == 0) co_return Result<>();
      if (count < 0) continue;
      const auto out = asio::buffer(block.data(), static_cast<std::size_t>(count));
      const auto sent = co_await stream->write(out);
      if (!sent) co_return sent.error();
    }
  }

  Result<> feed(http::response_parser<http::string_body>& parser, boost::beast::flat_buffer& buffer,
                bool ended) {
    boost::system::error_code ec;
    while (buffer.size() > 0 && !parser.is_done() && !ec) {
      buffer.consume(parser.put(buffer.data(), ec));
    }
    if (ec == http::error::need_more) ec = {};
    if (!ec && ended && !parser.is_done()) {
      if (!parser.is_header_done()) {
        return fail(Errc::unavailable, "{} closed the connection without an answer", server.str());
      }
      parser.put_eof(ec);
      if (ec == http::error::partial_message) {
        return fail(Errc::unavailable, "{} closed the connection in the middle of its answer",
                    server.str());
      }
    }
    if (ec == http::error::body_limit || ec == http::error::header_limit) {
      return fail(Errc::too_large, "the answer of {} is too large", server.str());
    }
    if (ec) {
      return fail(Errc::corrupt, "{} does not speak HTTP: {}; is the URL right?", server.str(),
                  ec.message());
    }
    return {};
  }

  // Only a success is streamed; an error's body is kept for its message.
  static bool hand_over(http::response_parser<http::string_body>& parser, const BodyTaker* take) {
    if (take == nullptr || !parser.is_header_done()) return true;
    std::string& body = parser.get().body();
    if (parser.get().result_int() / 100 != 2) return body.size() <= body_bytes_max;
    if (body.empty()) return true;
    const bool more = (*take)(body);
    body.clear();
    return more;
  }

  static HttpResponse head_of(http::response_parser<http::string_body>& parser) {
    HttpResponse response;
    response.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get().base()) {
      response.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    return response;
  }

  Task<> run(std::string bytes, const BodyTaker* take) {
    outcome.reset();
    auto response = co_await exchange(std::move(bytes), take);
    outcome.emplace(std::move(response));
  }

  Result<HttpResponse> blocking(const HttpRequest& request, const BodyTaker* take) {
    outcome.reset();
    body_file = request.body_file;
    tasks.spawn("http request", run(serialize(request, server), take));
    io.restart();
    io.run();
    if (!outcome) return fail(Errc::internal, "the request to {} ended oddly", server.str());
    return std::move(*outcome);
  }

  ServerUrl server;
  HttpTimeouts timeouts;
  asio::io_context io{1};
  TaskGroup tasks{io.get_executor()};
  std::unique_ptr<Stream> stream;
  std::filesystem::path body_file;  // of the request that goes on
  bool keep = false;                // the server lets us use the connection again
  bool answered = false;            // some byte of the current answer came
  std::optional<Result<HttpResponse>> outcome;
};

HttpClient::HttpClient(ServerUrl server, HttpTimeouts timeouts)
    : server_(std::move(server)), impl_(std::make_unique<Impl>(server_, timeouts)) {}
HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
  return impl_->blocking(request, nullptr);
}

Result<HttpResponse> HttpClient::stream(const HttpRequest& request, const BodyTaker& take) {
  return impl_->blocking(request, &take);
}

}  // namespace davit::cli
