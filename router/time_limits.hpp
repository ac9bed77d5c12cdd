#pragma once
#include <chrono>
#include <span>

#include "base/duration.hpp"
#include "router/limits.hpp"

namespace davit::router {

// How long the router waits for what. The defaults are the vendor's numbers, with their reasons in
// limits.hpp; an admin whose apps need others sets them at the start.
struct TimeLimits {
  using Time = std::chrono::milliseconds;
  Time head = limits::head_timeout;
  Time handshake = limits::tls_handshake_timeout;
  Time keep_alive = limits::keep_alive_timeout;
  Time connect = limits::connect_timeout;
  Time first_byte = limits::first_byte_timeout;
  Time stream_idle = limits::stream_idle_timeout;
  Time parking = limits::parking_timeout;
  Time quarantine = limits::quarantine;
  Time upstream_idle = limits::upstream_idle_timeout;
  Time control_idle = limits::control_idle_timeout;
  Time shutdown = limits::shutdown_timeout;
};

// One of them on the command line.
struct TimeFlag {
  const char* name;
  TimeLimits::Time TimeLimits::*limit;
  const char* help;
};
std::span<const TimeFlag> time_flags();

// Less than the timer's tick (TimerWheel::tick) means nothing; what may take longer than a day
// needs no limit.
inline constexpr DurationRange time_limit_range{std::chrono::milliseconds(100),
                                                std::chrono::hours(24)};

}  // namespace davit::router
