#pragma once
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "router/protocol/messages.hpp"

namespace davit::router {

// One worker's log lines on their way to the main thread, which takes them many at a time. Up to
// limits::log_outbox_bytes_max; what comes while it is full is dropped and counted.
class LogOutbox {
 public:
  // `waiting` is called by the worker with the first line after a collect().
  explicit LogOutbox(std::function<void()> waiting) : waiting_(std::move(waiting)) {}

  void append(LogLine line);  // the worker
  LogBatch collect();         // the main thread; lines have no sequence yet

 private:
  const std::function<void()> waiting_;
  std::mutex mutex_;  // held for a few instructions by either side
  LogBatch batch_;
  std::size_t bytes_ = 0;
  bool told_ = false;
};

}  // namespace davit::router
