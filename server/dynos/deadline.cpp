#include "server/dynos/deadline.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace davit::dynos {
namespace {

using boost::system::error_code;

Result<std::string> outcome(std::string bytes, error_code ec, std::size_t count, bool timer_first) {
  if (ec == asio::error::eof) return std::string();
  if (ec == asio::error::operation_aborted) {
    if (timer_first) return fail(Errc::timeout, "no answer in time");
    return fail(Errc::cancelled, "cancelled");
  }
  if (ec) return fail(Errc::io, "read: {}", ec.message());
  bytes.resize(count);
  return bytes;
}

template <class Stream>
Task<Result<std::string>> read_from(Stream& stream, std::size_t max, SteadyTime deadline) {
  std::string bytes(max, '\0');
  if (deadline == SteadyTime::max()) {
    std::size_t count = 0;
    error_code ec;
    auto token = asio::redirect_error(asio::use_awaitable, ec);
    count = co_await stream.async_read_some(asio::buffer(bytes), token);
    co_return outcome(std::move(bytes), ec, count, false);
  }
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  auto group = asio::experimental::make_parallel_group(
      stream.async_read_some(asio::buffer(bytes), asio::deferred),
      timer.async_wait(asio::deferred));
  auto [order, ec, count, timer_ec] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  co_return outcome(std::move(bytes), ec, count, order[0] == 1 && !timer_ec);
}

}  // namespace

Task<Result<std::string>> read_some(asio::posix::stream_descriptor& stream, std::size_t max,
                                    SteadyTime deadline) {
  return read_from(stream, max, deadline);
}

Task<Result<std::string>> read_some(asio::local::stream_protocol::socket& stream, std::size_t max,
                                    SteadyTime deadline) {
  return read_from(stream, max, deadline);
}

}  // namespace davit::dynos
