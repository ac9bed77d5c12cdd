#pragma once
#include <boost/intrusive/list.hpp>

#include "base/clock.hpp"

namespace davit::router {

// Something with one deadline. Destroying it cancels. The wheel must outlive it while it is
// scheduled.
class Timed : public boost::intrusive::list_base_hook<
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Timed() = default;
  virtual void on_deadline() = 0;  // not before the deadline, and less than two ticks after it

 private:
  friend class TimerWheel;
  SteadyTime deadline_{};
};

// All deadlines of one thread behind one clock tick: scheduling is two pointer writes, no system
// call, no allocation. A hashed wheel: a deadline beyond one turn stays in its slot for another.
// One thread.
class TimerWheel {
 public:
  static constexpr auto tick = std::chrono::milliseconds(250);

  explicit TimerWheel(SteadyTime now) : start_(now) {}

  void schedule(Timed& timed, SteadyTime deadline);  // moves it when it is scheduled already
  static void cancel(Timed& timed) { timed.unlink(); }
  // Calls on_deadline of whatever is due; those may schedule and cancel anything.
  void advance(SteadyTime now);

 private:
  using Slot = boost::intrusive::list<Timed, boost::intrusive::constant_time_size<false>>;
  static constexpr std::size_t slot_count = 512;  // 128 s a turn

  std::uint64_t tick_of(SteadyTime time) const;
  void run_slot(Slot& slot, SteadyTime now);

  SteadyTime start_;
  std::uint64_t current_ = 0;  // the last tick that was run
  Slot slots_[slot_count];
};

}  // namespace davit::router
