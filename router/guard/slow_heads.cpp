#include "router/guard/slow_heads.hpp"

#include "router/crowd.hpp"

namespace davit::router::guard {

std::size_t SlowHeads::count() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [client, heads] : by_client_) count += heads.size();
  return count;
}

void SlowHeads::begin(SlowHead& head) {
  const std::lock_guard lock(mutex_);
  Heads& heads = by_client_[head.owner_.client];
  heads.push_back(head);
  head.state_ = SlowHead::State::listed;
  if (heads.size() <= per_client_) return;
  SlowHead& oldest = heads.front();
  heads.pop_front();
  oldest.state_ = SlowHead::State::doomed;
  oldest.owner_.box.put(oldest);
}

void SlowHeads::end(SlowHead& head) {
  const std::lock_guard lock(mutex_);
  if (head.state_ == SlowHead::State::listed) unlist(head);
  if (head.state_ == SlowHead::State::doomed) head.owner_.box.take_out(head);
  head.state_ = SlowHead::State::away;
}

void SlowHeads::unlist(SlowHead& head) {
  const auto entry = by_client_.find(head.owner_.client);
  entry->second.erase(Heads::s_iterator_to(head));
  if (entry->second.empty()) by_client_.erase(entry);
}

void SlowHead::on_placed() {
  {
    const std::lock_guard lock(all_.mutex_);
    state_ = State::away;
  }
  owner_.connection.on_slow_head();  // maybe the end of this, too
}

}  // namespace davit::router::guard
