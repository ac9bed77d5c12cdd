#include "server/http/connection.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "server/http/limits.hpp"

namespace davit::http {

Connection::Connection(Socket socket, std::size_t input_bytes_max)
    : socket_(std::move(socket)), deadline_(socket_.get_executor()), input_(input_bytes_max) {}

void Connection::arm(Duration within) {
  deadline_.expires_after(within);
  deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
    const auto self = weak.lock();
    if (ec || !self) return;
    // Armed anew after this handler was queued: not our deadline any more.
    if (self->deadline_.expiry() > std::chrono::steady_clock::now()) return;
    self->expired_ = true;
    self->close();
  });
}

void Connection::disarm() { deadline_.expires_at(asio::steady_timer::time_point::max()); }

Error Connection::broken(const boost::system::error_code& ec, const char* doing) const {
  if (expired_) return fail(Errc::timeout, "the client was too slow while we were {}", doing);
  if (ec == asio::error::operation_aborted) {
    return fail(Errc::cancelled, "the connection was closed while we were {}", doing);
  }
  return fail(Errc::io, "the connection broke while we were {}: {}", doing, ec.message());
}

Task<Result<std::size_t>> Connection::fill(Duration within) {
  const auto room = input_.max_size() - input_.size();
  if (room == 0) co_return fail(Errc::too_large, "the request's framing has a line without an end");
  boost::system::error_code ec;
  arm(within);
  const auto into = input_.prepare(std::min(room, limits::read_bytes));
  const auto got =
      co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, ec));
  disarm();
  if (ec == asio::error::eof) co_return std::size_t{0};
  if (ec) co_return broken(ec, "reading");
  input_.commit(got);
  co_return got;
}

Task<Result<>> Connection::send(std::vector<asio::const_buffer> pieces, Duration within) {
  boost::system::error_code ec;
  arm(within);
  co_await asio::async_write(socket_, pieces, asio::redirect_error(asio::use_awaitable, ec));
  disarm();
  if (ec) co_return broken(ec, "writing");
  co_return Result<>{};
}

Task<Result<std::string>> Connection::receive() {
  std::string bytes;
  if (input_.size() > 0) {
    const auto kept = input_.data();
    bytes.assign(static_cast<const char*>(kept.data()), kept.size());
    input_.clear();
    co_return bytes;
  }
  bytes.resize(limits::read_bytes);
  boost::system::error_code ec;
  const auto got = co_await socket_.async_read_some(asio::buffer(bytes),
                                                    asio::redirect_error(asio::use_awaitable, ec));
  if (ec && ec != asio::error::eof) co_return broken(ec, "reading");
  bytes.resize(got);
  co_return bytes;
}

Task<Result<>> Connection::send(std::string bytes) {
  boost::system::error_code ec;
  co_await asio::async_write(socket_, asio::buffer(bytes),
                             asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return broken(ec, "writing");
  co_return Result<>{};
}

Task<> Connection::wait_gone() {
  for (;;) {
    const auto room = std::min(input_.max_size() - input_.size(), limits::pipelined_bytes_max);
    if (room == 0 || input_.size() >= limits::pipelined_bytes_max) break;
    boost::system::error_code ec;
    const auto into = input_.prepare(std::min(room, limits::read_bytes));
    const auto got =
        co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, ec));
    input_.commit(got);
    if (ec) co_return;
  }
  // More pipelined input than we keep: from here on only a failing write tells that the client has
  // gone.
  asio::steady_timer never(socket_.get_executor(), asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
}

Task<> Connection::linger() {
  boost::system::error_code ec;
  socket_.shutdown(asio::socket_base::shutdown_send, ec);
  arm(limits::linger_time);  // once: a client that trickles does not hold us
  std::uint64_t dropped = input_.size();
  input_.clear();
  while (!ec && dropped < limits::linger_bytes_max) {
    const auto into = input_.prepare(std::min(input_.max_size(), limits::read_bytes));
    dropped +=
        co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, ec));
  }
  disarm();
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace davit::http
