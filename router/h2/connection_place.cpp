// A connection's place among all others: what it does, and whether it can be done without.
#include "router/h2/connection.hpp"

namespace davit::router::h2 {

// Other streams wait for it too: nothing may come between its frames (RFC 9113 6.10).
void Connection::watch_head() {
  if (opening_ == 0) {
    slow_head_.reset();
  } else if (!slow_head_) {
    slow_head_ = worker_.guard.begin_head(client_.visitor, *this, worker_.places);
  }
}

void Connection::on_slow_head() {
  worker_.complaints.slow_head_closed(client_.address, worker_.clock.steady());
  close_now();
}

void Connection::cool_down() {
  if (state_ != State::open || waits_writable_) return;
  cool_soon_ = !reading_;
  if (reading_) stream_.cancel();
}

void Connection::count_sending(bool more) {
  if (more) {
    ++sending_;
  } else {
    --sending_;
  }
}

// After flush() all is sent that the client takes: what is still there waits for it alone. So does
// a connection each of whose streams has an answer that no window lets through.
Live::Doing Connection::doing_now() const {
  if (state_ == State::lingering) return Doing::leaving;
  if (waits_writable_) return Doing::unread;
  if (streams_.empty()) return state_ == State::cold ? Doing::cold : Doing::warm;
  if (opening_ != 0 && streams_.size() == 1) return Doing::arriving;
  return sending_ == streams_.size() ? Doing::unread : Doing::busy;
}

// In a place of the crowd that fits. Whoever does not read is there since he last took anything.
void Connection::settle() {
  const Doing now = doing_now();
  const bool moved = std::exchange(moved_, false);
  if (now == doing() && !(now == Doing::unread && moved)) return;
  worker_.crowd.put(*this, now);
  if (now != Doing::warm && now != Doing::arriving) return;
  worker_.crowd.keep_buffers_below(worker_.idle_buffers());
}

}  // namespace davit::router::h2
