#include "router/time_limits.hpp"

namespace davit::router {

std::span<const TimeFlag> time_flags() {
  static constexpr TimeFlag flags[] = {
      {"--head-timeout", &TimeLimits::head,
       "A request's head, from its first byte to its last: 408"},
      {"--handshake-timeout", &TimeLimits::handshake,
       "A TLS handshake, from the connection on: closed"},
      {"--keep-alive-timeout", &TimeLimits::keep_alive,
       "A client's connection without a request: closed"},
      {"--connect-timeout", &TimeLimits::connect, "Connecting to a dyno: another one, or H19"},
      {"--first-byte-timeout", &TimeLimits::first_byte, "An app's answer to a whole request: H12"},
      {"--stream-idle-timeout", &TimeLimits::stream_idle,
       "A body or a WebSocket on which nothing moves: H15 (app) or H28 (client)"},
      {"--parking-timeout", &TimeLimits::parking,
       "A request for an app that starts (H20) or whose dynos refuse (H99)"},
      {"--quarantine", &TimeLimits::quarantine, "A dyno that could not be connected to: left out"},
      {"--upstream-idle-timeout", &TimeLimits::upstream_idle,
       "A connection to a dyno without a request: closed, up to 10 s late"},
      {"--control-idle-timeout", &TimeLimits::control_idle,
       "A request to davitd on which nothing moves, such as a push that builds"},
      {"--shutdown-timeout", &TimeLimits::shutdown, "Requests that still run at SIGTERM"},
  };
  return flags;
}

}  // namespace davit::router
