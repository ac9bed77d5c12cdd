#pragma once
#include <boost/asio/steady_timer.hpp>

#include "base/async.hpp"
#include "base/clock.hpp"

namespace davit {

// Lets coroutines sleep until something changed. Wake-ups carry no state: wait in a loop over the
// state itself. io thread only; must outlive its waiters.
class Condition {
 public:
  explicit Condition(asio::any_io_executor executor);

  void notify_all();
  // Returns after the next notify_all(). Cancellable (throws operation_aborted).
  Task<> wait();
  // The same, but at the latest at `deadline`; false when that came first.
  Task<bool> wait_until(SteadyTime deadline);

 private:
  asio::steady_timer never_;
};

}  // namespace davit
