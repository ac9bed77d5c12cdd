#include "server/logs/tail_channel.hpp"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>

#include "server/logs/limits.hpp"

namespace davit::logs {

bool matches(const Stored& line, const Filter& filter) {
  if (filter.source && *filter.source != line.source) return false;
  if (filter.dyno.empty() || line.process == filter.dyno) return true;
  return line.process.size() > filter.dyno.size() && line.process.starts_with(filter.dyno) &&
         line.process[filter.dyno.size()] == '.';
}

TailChannel::TailChannel(asio::any_io_executor executor, Filter filter)
    : filter_(std::move(filter)), lines_max_(limits::tail_lines_max), wake_(std::move(executor)) {
  wake_.expires_at(asio::steady_timer::time_point::max());
}

void TailChannel::start_with(const std::deque<Stored>& recent, std::uint64_t after) {
  for (const Stored& line : recent) {
    if (line.sequence > after && matches(line, filter_)) lines_.push_back(line);
  }
  lines_max_ = std::max(lines_max_, lines_.size());
}

void TailChannel::push(const Stored& line) {
  if (ended_ || !matches(line, filter_)) return;
  if (lines_.size() >= lines_max_) {
    last_dropped_ = std::move(lines_.front());
    lines_.pop_front();
    ++dropped_;
  }
  lines_.push_back(line);
  wake_.cancel();
}

void TailChannel::end() {
  ended_ = true;
  wake_.cancel();
}

Task<std::vector<Stored>> TailChannel::next() {
  while (lines_.empty() && !ended_) {
    // A cancelled reader leaves by the exception of the next co_await; a cancelled timer only means
    // "look again".
    boost::system::error_code woken;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  std::vector<Stored> lines;
  if (dropped_ > 0) {
    // It stands where the lost lines stood, with the time of the last of them.
    Stored notice;
    notice.sequence = last_dropped_.sequence;
    notice.source = Source::heroku;
    notice.process = "logplex";
    notice.text =
        fmt::format("{} heroku[logplex]: Error L11 (Tail buffer overflow): {} messages dropped",
                    last_dropped_.text.substr(0, last_dropped_.text.find(' ')), dropped_);
    lines.push_back(std::move(notice));
    dropped_ = 0;
  }
  lines.insert(lines.end(), std::make_move_iterator(lines_.begin()),
               std::make_move_iterator(lines_.end()));
  lines_.clear();
  lines_max_ = limits::tail_lines_max;
  co_return lines;
}

Task<std::vector<Stored>> ChannelTail::take(std::shared_ptr<TailChannel> channel) {
  auto lines = co_await channel->next();
  co_return lines;
}

}  // namespace davit::logs
