#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "dyno/protocol/usage.hpp"

namespace davit::supervisor {

// The vendor's log-runtime-metrics lines of one dyno, every 20 s. Load is what its processes ran or
// were ready to run for lack of nothing but a CPU limit, damped as the kernel does its own; it is
// made of CPU time, so what waits for another's CPU is not in it. Pure.
class RuntimeMetrics {
 public:
  // source "web.1", dyno "heroku.<app id>.<dyno id>"
  RuntimeMetrics(std::string source, std::string dyno)
      : source_(std::move(source)), dyno_(std::move(dyno)) {}

  // The lines that are due with this reading; it is counted also when they are not wanted.
  std::vector<std::string> take(const dyno::Usage& usage, SteadyTime now);

 private:
  void damp(double load, double seconds);

  std::string source_, dyno_;
  std::optional<dyno::Usage> last_;
  SteadyTime last_at_;
  std::optional<SteadyTime> said_;
  double load_1m_ = 0, load_5m_ = 0, load_15m_ = 0;
};

}  // namespace davit::supervisor
