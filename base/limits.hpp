#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

// Limits that more than one room obeys, each with its reason. A room's own limits are in its own
// limits.hpp.
namespace davit::limits {

using namespace std::chrono_literals;

// Control frames between our own processes. A route table of 10,000 apps with two hosts and two
// dynos each is about 5 MB of JSON.
inline constexpr std::size_t frame_bytes_max = 32 * 1024 * 1024;

// Runtime contract: a web dyno that does not listen by then is stopped with R10. davitd's
// --boot-timeout replaces it, from one second (a test's) to one hour (nobody waits longer to learn
// that a deploy has failed).
inline constexpr auto boot_timeout = 60s;
inline constexpr auto boot_timeout_min = 1s;
inline constexpr auto boot_timeout_max = 1h;
// Runtime contract: between SIGTERM and SIGKILL (R12).
inline constexpr auto stop_grace = 30s;
inline constexpr auto stop_grace_min = 1s;
inline constexpr auto stop_grace_max = 1h;

// Output kept by a davit-dyno while davitd is away. A talkative app at 100 kB/s fills it in 10 s;
// davitd restarts within 2 s. Small enough that 100 dynos fit in a 1 GB server.
inline constexpr std::size_t spool_bytes_max = 1024 * 1024;

// One build, from detect to release. The vendor's limit.
inline constexpr auto build_timeout = 15min;

}  // namespace davit::limits
