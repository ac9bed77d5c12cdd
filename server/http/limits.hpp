#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

// What one HTTP connection may take. Fixed ones here; the ones an admin may want to change are in
// ServerConfig.
namespace davit::http::limits {

using namespace std::chrono_literals;

// One read from a socket: a pack's bytes come in pieces of this size.
inline constexpr std::size_t read_bytes = 64 * 1024;

// A client that pipelines while a response streams: this much is kept for the next request, then we
// stop reading.
inline constexpr std::size_t pipelined_bytes_max = 64 * 1024;

// A body that its handler did not want is read and dropped up to here to save the connection;
// beyond it a new connection is cheaper.
inline constexpr std::uint64_t drain_bytes_max = 256 * 1024;

// Before a connection with unread input is closed, input is dropped for this long and this much: a
// reset would destroy the response (RFC 9112 section 9.6).
inline constexpr auto linger_time = 3s;
inline constexpr std::uint64_t linger_bytes_max = 64 * 1024 * 1024;

// accept(2) failed for want of descriptors: others must end first.
inline constexpr auto accept_retry = 200ms;

}  // namespace davit::http::limits
