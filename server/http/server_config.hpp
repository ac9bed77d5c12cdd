#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace davit::http {

struct TcpEndpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: the system chooses, Server::tcp_port() tells
};

struct ServerConfig {
  std::string unix_path;  // empty: none. A stale socket is replaced, one that is served is an error
  mode_t unix_mode = 0600;
  std::optional<TcpEndpoint> tcp;

  std::size_t head_bytes_max = 64 * 1024;  // the official CLI sends long ones
  // Any body; handlers set lower limits of their own. A pack is the largest: 1 GiB and its framing.
  std::uint64_t body_bytes_max = 2ULL * 1024 * 1024 * 1024;
  std::size_t connections_max = 512;
  std::chrono::seconds idle_timeout{75};    // between requests; also one read of a body, one write
  std::chrono::seconds header_timeout{30};  // from a head's first byte to its last
  std::function<WallTime()> now = [] { return SystemClock().wall(); };  // for the Date field
};

}  // namespace davit::http
