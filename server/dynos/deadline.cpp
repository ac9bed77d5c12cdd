#include "server/dynos/deadline.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/race.hpp"

namespace davit::dynos {
namespace {

using boost::system::error_code;

struct Read {
  std::string bytes;
  std::size_t count = 0;
  error_code ec;
};

Result<std::string> outcome(Read read, bool in_time) {
  if (read.ec == asio::error::eof) return std::string();
  if (read.ec == asio::error::operation_aborted) {
    if (!in_time) return fail(Errc::timeout, "no answer in time");
    return fail(Errc::cancelled, "cancelled");
  }
  if (read.ec) return fail(Errc::io, "read: {}", read.ec.message());
  read.bytes.resize(read.count);
  return std::move(read.bytes);
}

template <class Stream>
Task<> read_into(Stream& stream, Read& read) {
  auto token = asio::redirect_error(asio::use_awaitable, read.ec);
  read.count = co_await stream.async_read_some(asio::buffer(read.bytes), token);
}

template <class Stream>
Task<Result<std::string>> read_from(Stream& stream, std::size_t max, SteadyTime deadline) {
  Read read{std::string(max, '\0'), 0, {}};
  bool in_time = true;
  auto reading = read_into(stream, read);
  if (deadline == SteadyTime::max()) {
    co_await std::move(reading);
  } else {
    const auto ended = co_await within(deadline, std::move(reading));
    in_time = ended.in_time();
  }
  co_return outcome(std::move(read), in_time);
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
