#pragma once
#include <cstdint>

#include "router/guard/networks.hpp"
#include "router/limits.hpp"

namespace davit::router::guard {

// What one client (guard/client_key.hpp) may do at once, over all threads. 0: as much as it likes.
struct ClientLimits {
  std::uint32_t connections = 0;
  std::uint32_t requests_per_second = 0;
  std::uint32_t request_burst = 0;  // 0: what limits::request_burst_seconds bring
  // Connections in the middle of a request's head.
  std::uint32_t slow_heads = limits::slow_heads_per_client;
  Networks trusted;  // to them none of these applies

  std::uint32_t burst() const {
    return request_burst > 0 ? request_burst : requests_per_second * limits::request_burst_seconds;
  }
};

}  // namespace davit::router::guard
