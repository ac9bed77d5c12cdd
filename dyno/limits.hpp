#pragma once
#include <chrono>
#include <cstddef>

// Limits of davit-dyno alone.
namespace davit::dyno::limits {

using namespace std::chrono_literals;

// The spec on standard input: config vars (64 KB) and command lines, far below this even when
// escaped.
inline constexpr std::size_t spec_bytes_max = 4 * 1024 * 1024;
// Commands of davitd are below 100 bytes.
inline constexpr std::size_t command_bytes_max = 16 * 1024;
// davitd holds one connection; a few more while it is replaced or an admin looks.
inline constexpr std::size_t connections_max = 8;
// One output frame: large enough to be cheap, small enough that a slow reader costs little memory.
inline constexpr std::size_t output_frame_bytes = 32 * 1024;
// A dyno whose owner does not come after its start is killed.
inline constexpr auto owner_wait = 10s;
// Between two looks at the host's listening sockets.
inline constexpr auto listen_poll_min = 10ms;
inline constexpr auto listen_poll_max = 200ms;
// Sockets of the dyno's namespace kept ready: a burst of new connections waits for init once.
inline constexpr std::size_t socket_stock = 16;
// Routers at a dyno's door: one for each of their threads, twice during an upgrade.
inline constexpr std::size_t door_clients_max = 64;
// Of one router: connections that are being made or handed over. More wait in the socket.
inline constexpr std::size_t door_requests_max = 256;
// Below the router's own 5 s, so that it hears from us why.
inline constexpr auto door_connect_timeout = 4500ms;
// It sets up addresses and routes: some 50 ms; a busy machine takes longer.
inline constexpr auto pasta_start_timeout = 10s;
// The sandbox is made within milliseconds; copying a large slug where overlay is refused takes
// longer.
inline constexpr auto probe_timeout = 10s;

}  // namespace davit::dyno::limits
