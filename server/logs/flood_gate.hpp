#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "server/logs/limits.hpp"

namespace davit::logs {

// How much output of one app is stored: a burst, and then so much a second. What is over it is
// passed over while it comes, so that an app that floods costs the others nothing. All dynos of the
// app share one. Pure.
class FloodGate {
 public:
  // False: the app has used up what it may; leave the output out.
  bool open(SteadyTime now);
  void passed(std::size_t lines, std::size_t bytes);

 private:
  double level_ = limits::flood_burst_bytes;
  std::optional<SteadyTime> filled_at_;
};

// Counts what one dyno's output lost, and says it in the vendor's words, not more often than people
// want to read. Pure.
class LostLines {
 public:
  void lost(std::uint64_t lines, WallTime since, SteadyTime now);
  // The L10 line, once it is time for one.
  std::optional<std::string> due(SteadyTime now);
  std::optional<std::string> rest();  // what is still to be told, at the dyno's end

 private:
  std::uint64_t lines_ = 0;
  WallTime since_;
  SteadyTime first_;
  std::optional<SteadyTime> said_;
};

}  // namespace davit::logs
