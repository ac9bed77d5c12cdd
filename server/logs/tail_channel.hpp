#pragma once
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>

#include "server/logs/log_service.hpp"

namespace davit::logs {

bool matches(const Stored& line, const Filter& filter);

// What lies between an app's log and one reader. io thread only.
class TailChannel {
 public:
  TailChannel(asio::any_io_executor executor, Filter filter);

  // What the reader starts with is not counted as being behind.
  void start_with(const std::deque<Stored>& recent, std::uint64_t after);
  void push(const Stored& line);
  void end();

  // One caller at a time.
  Task<std::vector<Stored>> next();

 private:
  Filter filter_;
  std::deque<Stored> lines_;
  std::size_t lines_max_;
  std::uint64_t dropped_ = 0;
  Stored last_dropped_;
  bool ended_ = false;
  asio::steady_timer wake_;  // cancelled when there is something to see
};

// The reader's end. Its channel is given up with it.
class ChannelTail final : public Tail {
 public:
  explicit ChannelTail(std::shared_ptr<TailChannel> channel) : channel_(std::move(channel)) {}
  Task<std::vector<Stored>> next() override { return take(channel_); }

 private:
  // Keeps the channel for as long as it waits, whatever becomes of the tail.
  static Task<std::vector<Stored>> take(std::shared_ptr<TailChannel> channel);
  std::shared_ptr<TailChannel> channel_;
};

}  // namespace davit::logs
