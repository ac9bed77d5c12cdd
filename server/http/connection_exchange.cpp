#include "server/http/connection_exchange.hpp"

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <vector>

#include "base/ensure.hpp"
#include "base/time_format.hpp"
#include "server/http/error_response.hpp"
#include "server/http/head_check.hpp"
#include "server/http/limits.hpp"

namespace davit::http {
namespace beast = boost::beast;
namespace {

Error head_too_long() { return fail(Errc::too_large, "the request's header is too long"); }

Error parse_error(const boost::system::error_code& ec) {
  using beast::http::error;
  if (ec == error::header_limit) return head_too_long();
  if (ec == error::body_limit) {
    return fail(Errc::too_large, "the request's body is larger than this server takes");
  }
  return fail(Errc::invalid_argument, "the request is not valid HTTP: {}", ec.message());
}

// A handler's value may quote foreign text: it must not become a second field.
std::string without_controls(const std::string& text) {
  std::string clean = text;
  for (char& c : clean) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) c = ' ';
  }
  return clean;
}

bool set_by_us(const std::string& name) {
  Fields one;
  one.add(name, {});
  return one.has("Content-Length") || one.has("Transfer-Encoding") || one.has("Connection") ||
         one.has("Date");
}

}  // namespace

ConnectionExchange::ConnectionExchange(Connection& connection, const ServerConfig& config)
    : connection_(connection), config_(config) {
  parser_.header_limit(static_cast<std::uint32_t>(config.head_bytes_max));
  parser_.body_limit(config.body_bytes_max);
}

Task<Result<bool>> ConnectionExchange::read_head() {
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> until;
  std::size_t head_bytes = 0;
  if (connection_.input().size() > 0) until = Clock::now() + config_.header_timeout;
  while (!parser_.is_header_done()) {
    boost::system::error_code ec;
    if (connection_.input().size() > 0) {
      const auto used = parser_.put(connection_.input().data(), ec);
      connection_.input().consume(used);
      // Beast's own limit is one of each step: a head that comes in several may be longer.
      head_bytes += used;
      if (head_bytes > config_.head_bytes_max) co_return head_too_long();
      if (parser_.is_header_done()) break;
      body_too_large_ = ec == beast::http::error::body_limit;
      if (ec && ec != beast::http::error::need_more) co_return parse_error(ec);
    }
    const auto within = until ? std::max<Clock::duration>(*until - Clock::now(), Clock::duration(1))
                              : Clock::duration(config_.idle_timeout);
    const auto got = co_await connection_.fill(within);
    if (!until && (!got || *got == 0)) co_return false;
    if (!got) co_return got.error();
    if (*got == 0) co_return fail(Errc::io, "the client closed within a request's header");
    if (!until) until = Clock::now() + config_.header_timeout;
  }
  DAVIT_CO_TRY(take_head());
  co_return true;
}

Result<> ConnectionExchange::take_head() {
  const auto& message = parser_.get();
  http_1_1_ = message.version() >= 11;
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  for (const auto& field : message) {
    request_.fields.add(std::string(field.name_string()), std::string(field.value()));
  }
  body_allowed_ = request_.method != "HEAD";
  DAVIT_TRY(check_framing(request_, http_1_1_));
  DAVIT_TRY(check_target(request_));
  keep_alive_ = message.keep_alive();
  continue_due_ = http_1_1_ && !parser_.is_done() &&
                  beast::iequals(message[beast::http::field::expect], "100-continue");
  return {};
}

Task<Result<>> ConnectionExchange::refuse(Error error) {
  keep_alive_ = false;
  read_failed_ = true;
  int status = 400;
  std::string_view id = "bad_request";
  if (error.code == Errc::too_large) {
    status = body_too_large_ ? 413 : 431;
    id = "too_large";
  } else if (error.code == Errc::timeout) {
    status = 408;
    id = "timeout";
  }
  auto head = error_head(status);
  auto body = error_body(id, error.message);
  co_return co_await respond(std::move(head), std::move(body));
}

Task<Result<std::size_t>> ConnectionExchange::read_some(asio::mutable_buffer into) {
  ensure(into.size() > 0, "a read has somewhere to go");
  if (read_failed_) co_return fail(Errc::io, "the request's body is broken");
  if (parser_.is_done()) co_return std::size_t{0};
  if (continue_due_) {
    continue_due_ = false;
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (response_ == ResponseState::none) {
      std::vector<asio::const_buffer> pieces{asio::buffer(go_on)};
      DAVIT_CO_TRY(co_await connection_.send(std::move(pieces), config_.idle_timeout));
    }
  }
  auto& input = connection_.input();
  while (!parser_.is_done()) {
    auto& body = parser_.get().body();
    body.data = into.data();
    body.size = into.size();
    body.more = true;
    boost::system::error_code ec;
    std::size_t used = 0;
    if (input.size() > 0) {
      used = parser_.put(input.data(), ec);
      input.consume(used);
    }
    const std::size_t got = into.size() - body.size;
    const bool harmless =
        !ec || ec == beast::http::error::need_more || ec == beast::http::error::need_buffer;
    if (!harmless) {
      read_failed_ = true;
      co_return parse_error(ec);
    }
    if (got > 0) co_return got;
    if (used > 0) continue;
    const auto filled = co_await connection_.fill(config_.idle_timeout);
    if (filled && *filled > 0) continue;
    read_failed_ = true;
    if (!filled) co_return filled.error();
    co_return fail(Errc::io, "the client closed within a request's body");
  }
  co_return std::size_t{0};
}

std::string ConnectionExchange::head_text(const ResponseHead& head,
                                          std::optional<std::size_t> length) {
  if (head.status == 204 || head.status == 304) body_allowed_ = false;
  auto text = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", head.status, reason_phrase(head.status),
                          http_date(config_.now()));
  for (const auto& [name, value] : head.fields.all()) {
    if (set_by_us(name)) continue;
    text += fmt::format("{}: {}\r\n", without_controls(name), without_controls(value));
  }
  if (length) {
    if (head.status != 204 && head.status != 304) {
      text += fmt::format("Content-Length: {}\r\n", *length);
    }
  } else if (http_1_1_) {
    chunked_ = body_allowed_;
    if (head.status != 204 && head.status != 304) text += "Transfer-Encoding: chunked\r\n";
  } else {
    keep_alive_ = false;  // HTTP/1.0: the end of the connection is the end of the body
  }
  // A client that waits for "100 Continue" may send the body after our response, or may not: no way
  // to tell.
  if (continue_due_) keep_alive_ = false;
  if (!keep_alive_) {
    text += "Connection: close\r\n";
  } else if (!http_1_1_) {
    text += "Connection: keep-alive\r\n";
  }
  return text + "\r\n";
}

Task<Result<>> ConnectionExchange::respond(ResponseHead head, std::string body) {
  ensure(response_ == ResponseState::none, "an exchange has one response");
  response_ = ResponseState::finished;
  const auto text = head_text(head, body.size());
  std::vector<asio::const_buffer> pieces{asio::buffer(text)};
  if (body_allowed_ && !body.empty()) pieces.emplace_back(asio::buffer(body));
  co_return co_await connection_.send(std::move(pieces), config_.idle_timeout);
}

Task<Result<>> ConnectionExchange::start(ResponseHead head) {
  ensure(response_ == ResponseState::none, "an exchange has one response");
  response_ = ResponseState::streaming;
  const auto text = head_text(head, std::nullopt);
  std::vector<asio::const_buffer> pieces{asio::buffer(text)};
  co_return co_await connection_.send(std::move(pieces), config_.idle_timeout);
}

Task<Result<>> ConnectionExchange::write(std::string bytes) {
  ensure(response_ == ResponseState::streaming, "a response is written between start and finish");
  if (bytes.empty() || !body_allowed_) co_return Result<>{};  // an empty chunk would end the body
  std::vector<asio::const_buffer> pieces;
  std::string size;
  if (chunked_) {
    size = fmt::format("{:x}\r\n", bytes.size());
    pieces.emplace_back(asio::buffer(size));
  }
  pieces.emplace_back(asio::buffer(bytes));
  if (chunked_) pieces.emplace_back(asio::buffer("\r\n", 2));
  co_return co_await connection_.send(std::move(pieces), config_.idle_timeout);
}

Task<Result<>> ConnectionExchange::finish() {
  ensure(response_ == ResponseState::streaming, "a response is finished once");
  response_ = ResponseState::finished;
  if (!chunked_) co_return Result<>{};
  std::vector<asio::const_buffer> pieces{asio::buffer("0\r\n\r\n", 5)};
  co_return co_await connection_.send(std::move(pieces), config_.idle_timeout);
}

Task<Result<>> ConnectionExchange::upgrade(std::string protocol) {
  ensure(response_ == ResponseState::none && parser_.is_done(),
         "an upgrade answers a whole request");
  response_ = ResponseState::upgraded;
  keep_alive_ = false;
  const auto text = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nDate: {}\r\nConnection: Upgrade\r\nUpgrade: {}\r\n\r\n",
      http_date(config_.now()), protocol);
  std::vector<asio::const_buffer> pieces{asio::buffer(text)};
  co_return co_await connection_.send(std::move(pieces), config_.idle_timeout);
}

Task<Result<std::string>> ConnectionExchange::receive() {
  ensure(response_ == ResponseState::upgraded, "raw bytes come after an upgrade");
  co_return co_await connection_.receive();
}

Task<Result<>> ConnectionExchange::send(std::string bytes) {
  ensure(response_ == ResponseState::upgraded, "raw bytes go after an upgrade");
  co_return co_await connection_.send(std::move(bytes));
}

Task<> ConnectionExchange::client_gone() {
  ensure(parser_.is_done() || read_failed_, "the body is read before the client is watched");
  co_await connection_.wait_gone();
}

Task<bool> ConnectionExchange::settle() {
  if (!keep_alive_ || read_failed_ || response_ != ResponseState::finished) co_return false;
  if (parser_.is_done()) co_return true;
  if (continue_due_) co_return false;
  std::string dropped(16 * 1024, '\0');
  for (std::uint64_t total = 0; total < limits::drain_bytes_max;) {
    const auto got = co_await read_some(asio::buffer(dropped));
    if (!got) co_return false;
    if (*got == 0) co_return true;
    total += *got;
  }
  co_return false;
}

}  // namespace davit::http
