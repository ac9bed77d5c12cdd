#include "router/timer_wheel.hpp"

#include <algorithm>

namespace davit::router {

std::uint64_t TimerWheel::tick_of(SteadyTime time) const {
  if (time <= start_) return 0;
  // Rounded up: never early.
  return static_cast<std::uint64_t>((time - start_ + tick - SteadyTime::duration(1)) / tick);
}

void TimerWheel::schedule(Timed& timed, SteadyTime deadline) {
  timed.unlink();
  timed.deadline_ = deadline;
  const std::uint64_t at = std::max(tick_of(deadline), current_ + 1);
  slots_[at % slot_count].push_back(timed);
}

void TimerWheel::advance(SteadyTime now) {
  if (now < start_) return;
  const auto until = static_cast<std::uint64_t>((now - start_) / tick);
  // After a long pause one turn is enough: it sees every slot.
  if (until > current_ + slot_count) current_ = until - slot_count;
  while (current_ < until) {
    ++current_;
    run_slot(slots_[current_ % slot_count], now);
  }
}

void TimerWheel::run_slot(Slot& slot, SteadyTime now) {
  Slot due;
  due.splice(due.end(), slot);
  while (!due.empty()) {
    Timed& timed = due.front();
    due.pop_front();
    if (timed.deadline_ <= now) {
      timed.on_deadline();
    } else {
      slot.push_back(timed);
    }
  }
}

}  // namespace davit::router
