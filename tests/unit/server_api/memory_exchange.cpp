#include "tests/unit/server_api/memory_exchange.hpp"

#include <algorithm>

#include "base/ensure.hpp"

namespace davit::test {

Task<Result<std::size_t>> MemoryExchange::read_some(asio::mutable_buffer into) {
  const std::size_t count = std::min(into.size(), body_.size() - read_);
  std::copy_n(body_.data() + read_, count, static_cast<char*>(into.data()));
  read_ += count;
  co_return count;
}

Task<Result<>> MemoryExchange::respond(http::ResponseHead given, std::string body) {
  ensure(!started, "an exchange is answered once");
  started = finished = true;
  head = std::move(given);
  answer = std::move(body);
  const Result<> done;
  co_return done;
}

Task<Result<>> MemoryExchange::start(http::ResponseHead given) {
  ensure(!started, "an exchange is answered once");
  started = true;
  head = std::move(given);
  const Result<> done;
  co_return done;
}

Task<Result<>> MemoryExchange::write(std::string bytes) {
  ensure(started && !finished, "a stream is written between start and finish");
  if (writes_until_gone == 0) co_return fail(Errc::io, "the client is gone");
  if (writes_until_gone > 0) --writes_until_gone;
  answer += bytes;
  const Result<> done;
  co_return done;
}

Task<Result<>> MemoryExchange::finish() {
  ensure(started && !finished, "a stream is finished once");
  finished = true;
  const Result<> done;
  co_return done;
}

Task<> MemoryExchange::client_gone() { co_return; }

Task<Result<>> MemoryExchange::upgrade(std::string) {
  started = true;
  head.status = 101;
  const Result<> done;
  co_return done;
}

}  // namespace davit::test
