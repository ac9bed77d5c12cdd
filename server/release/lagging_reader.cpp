#include "server/release/lagging_reader.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>

#include "base/result.hpp"

namespace davit::release {

Task<> LaggingReader::wait_for_room(std::size_t bytes) {
  const auto begin = std::chrono::steady_clock::now();
  const auto end = begin + limits_.patience;
  bool in_time = true;
  while (!fits(bytes) && !waiting_.empty() && in_time) {
    in_time = co_await changed_.wait_until(end);
  }
  const auto waited = std::chrono::steady_clock::now() - begin;
  limits_.patience =
      in_time ? limits_.patience - std::min(waited, limits_.patience) : SteadyTime::duration(0);
}

// By half of it at a time, and whole lines.
void LaggingReader::make_room(std::size_t bytes) {
  const std::size_t half = limits_.bytes_max / 2;
  const std::size_t stays = half > bytes ? half - bytes : 0;
  std::size_t end = waiting_.size() - std::min(waiting_.size(), stays);
  const std::size_t line_end = waiting_.find('\n', end);
  if (line_end != std::string::npos) end = line_end + 1;
  waiting_.erase(0, end);
  left_out_ += end;
}

Task<> LaggingReader::write(std::string bytes) {
  if (bytes.empty()) co_return;
  const std::size_t size = bytes.size();
  if (!fits(size)) co_await wait_for_room(size);
  if (!fits(size)) make_room(size);
  waiting_ += bytes;
  changed_.notify_all();
}

Task<> LaggingReader::run() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  for (;;) {
    while (waiting_.empty() && !closed_) co_await changed_.wait();
    if (waiting_.empty()) co_return;
    std::string bytes;
    if (left_out_ > 0) {
      bytes = fmt::format(
          "\n !     {} KB are left out here: they were read too slowly. `davit builds:output` has "
          "all of it.\n",
          left_out_ / 1024 + 1);
    }
    left_out_ = 0;
    bytes += std::exchange(waiting_, {});
    changed_.notify_all();
    co_await reader_.write(std::move(bytes));
  }
}

void LaggingReader::close() {
  closed_ = true;
  changed_.notify_all();
}

}  // namespace davit::release
