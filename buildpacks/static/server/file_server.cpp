#include "buildpacks/static/server/file_server.hpp"

#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <cstdio>
#include <exception>
#include <optional>

namespace davit::static_site {
namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using namespace std::chrono_literals;

// Behind a router that bounds connections to a dyno itself; this is what one small process carries
// with ease.
constexpr std::size_t connections_max = 1000;
constexpr std::uint32_t head_bytes_max = 16 * 1024;
// Longer than the router keeps an idle upstream connection (90 s), so that it is never we who close
// under it.
constexpr auto idle_timeout = 95s;
constexpr auto write_timeout = 60s;  // for each part
constexpr std::size_t part_bytes = 64 * 1024;
constexpr auto stop_timeout = 5s;

using Parser = http::request_parser<http::empty_body>;

Query query_of(const Parser::value_type& request) {
  const auto field = [&](http::field name) { return std::string(request[name]); };
  return {std::string(request.method_string()),
          std::string(request.target()),
          field(http::field::if_none_match),
          field(http::field::if_modified_since),
          field(http::field::range),
          field(http::field::if_range)};
}

std::string head_text(const Answer& answer, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " +
                     std::string(http::obsolete_reason(static_cast<http::status>(answer.status))) +
                     "\r\nDate: " + http_date(std::time(nullptr)) + "\r\n";
  for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
  if (answer.status != 304) {
    head += "Content-Length: " + std::to_string(answer.body_bytes) + "\r\n";
  }
  return head + (keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

// False: the connection is of no more use.
asio::awaitable<bool> send_part(beast::tcp_stream& stream, std::string_view head,
                                std::string_view body) {
  boost::system::error_code ec;
  stream.expires_after(write_timeout);
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  co_await asio::async_write(stream, parts, asio::redirect_error(asio::use_awaitable, ec));
  co_return !ec;
}

asio::awaitable<bool> send_answer(beast::tcp_stream& stream, Answer& answer, bool head_only,
                                  bool keep_alive) {
  std::string head = head_text(answer, keep_alive);
  if (head_only || answer.status == 304 || answer.body_bytes == 0) {
    co_return co_await send_part(stream, head, {});
  }
  if (!answer.file) co_return co_await send_part(stream, head, answer.text);
  std::string part(std::min<std::uint64_t>(part_bytes, answer.body_bytes), '\0');
  std::uint64_t offset = answer.part.first;
  while (offset <= answer.part.last) {
    const std::uint64_t want = std::min<std::uint64_t>(part.size(), answer.part.last - offset + 1);
    const ssize_t got = ::pread(answer.file->fd, part.data(), want, static_cast<off_t>(offset));
    // A file that got shorter meanwhile: the promised length cannot be kept.
    if (got <= 0) co_return false;
    const std::string_view bytes(part.data(), static_cast<std::size_t>(got));
    const bool sent = co_await send_part(stream, head, bytes);
    if (!sent) co_return false;
    head.clear();
    offset += static_cast<std::uint64_t>(got);
  }
  co_return true;
}

}  // namespace

FileServer::FileServer(tcp::acceptor acceptor, const Site& site)
    : acceptor_(std::move(acceptor)),
      site_(site),
      room_(acceptor_.get_executor()),
      deadline_(acceptor_.get_executor()) {}

void FileServer::start() {
  asio::co_spawn(acceptor_.get_executor(), accept_all(), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);  // a bug: ends the program, the dyno restarts
  });
}

asio::awaitable<void> FileServer::accept_all() {
  while (!stopping_) {
    boost::system::error_code ec;
    if (sessions_.size() >= connections_max) {
      room_.expires_at(asio::steady_timer::time_point::max());
      co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      continue;
    }
    tcp::socket socket(acceptor_.get_executor());
    co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) {
      spawn_session(std::move(socket));
    } else if (!stopping_) {
      // Out of descriptors, mostly: it passes.
      room_.expires_after(100ms);
      co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
  }
}

void FileServer::spawn_session(tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  sessions_.emplace_back(std::move(socket));
  const auto session = std::prev(sessions_.end());
  asio::co_spawn(acceptor_.get_executor(), serve(*session),
                 [this, session](const std::exception_ptr& failure) {
                   sessions_.erase(session);
                   room_.cancel();
                   if (stopping_ && sessions_.empty()) deadline_.cancel();
                   if (failure) std::rethrow_exception(failure);
                 });
}

asio::awaitable<void> FileServer::serve(Session& session) {
  beast::flat_buffer buffer(head_bytes_max * 2);
  bool keep_alive = true;
  while (keep_alive && !stopping_) {
    session.idle = true;
    Parser parser;
    parser.header_limit(head_bytes_max);
    parser.body_limit(boost::none);  // no body is ever read
    boost::system::error_code ec;
    session.stream.expires_after(idle_timeout);
    co_await http::async_read_header(session.stream, buffer, parser,
                                     asio::redirect_error(asio::use_awaitable, ec));
    session.idle = false;
    if (ec == http::error::end_of_stream) break;
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow ||
        ec.category() == http::make_error_code(http::error::bad_method).category()) {
      (void)co_await send_part(
          session.stream,
          "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", {});
      break;
    }
    if (ec) co_return;
    // A body is of no use here and is not read: the connection cannot go on behind it.
    keep_alive = parser.get().keep_alive() && parser.is_done() && !stopping_;
    Answer answer = site_.answer(query_of(parser.get()));
    const bool head_only = parser.get().method() == http::verb::head;
    const bool sent = co_await send_answer(session.stream, answer, head_only, keep_alive);
    if (!sent) co_return;
  }
  boost::system::error_code ignored;
  session.stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

void FileServer::stop() {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  room_.cancel();
  for (Session& session : sessions_) {
    if (session.idle) session.stream.cancel();
  }
  if (sessions_.empty()) return;
  deadline_.expires_after(stop_timeout);
  deadline_.async_wait([this](boost::system::error_code ec) {
    if (ec) return;
    for (Session& session : sessions_) session.stream.close();
  });
}

}  // namespace davit::static_site
