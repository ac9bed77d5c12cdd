#pragma once
#include "base/clock.hpp"

namespace davit::router::h2 {

// What one connection's client may do that costs us more than it: two buckets of tokens that fill
// with time (limits.hpp), and one of them also with bytes that really flow. Pure; one thread.
class FloodGuard {
 public:
  explicit FloodGuard(SteadyTime now);

  // false: enough; the connection ends with ENHANCE_YOUR_CALM.
  bool on_reset(SteadyTime now);    // a stream that ended before its response, whoever's wish
  bool on_control(SteadyTime now);  // SETTINGS, PING, PRIORITY, WINDOW_UPDATE, empty DATA, unknown
  void on_data();                   // a DATA frame with something in it, in either direction

 private:
  struct Bucket {
    double tokens = 0;
    SteadyTime at{};
    bool take(SteadyTime now, double rate, double burst);
  };
  Bucket resets_;
  Bucket controls_;
};

}  // namespace davit::router::h2
