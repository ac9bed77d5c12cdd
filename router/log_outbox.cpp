#include "router/log_outbox.hpp"

#include "router/limits.hpp"

namespace davit::router {

void LogOutbox::append(LogLine line) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t cost = sizeof line + line.app.size() + line.text.size();
    if (bytes_ + cost > limits::log_outbox_bytes_max) {
      ++batch_.dropped;
    } else {
      bytes_ += cost;
      batch_.lines.push_back(std::move(line));
    }
    if (std::exchange(told_, true)) return;
  }
  waiting_();
}

LogBatch LogOutbox::collect() {
  LogBatch taken;
  const std::lock_guard lock(mutex_);
  taken.lines.reserve(batch_.lines.size() / 2);
  std::swap(taken, batch_);
  bytes_ = 0;
  told_ = false;
  return taken;
}

}  // namespace davit::router
