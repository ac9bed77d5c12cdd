#pragma once
#include <chrono>
#include <cstddef>

// Limits of the room that gives dynos their network.
namespace davit::network::limits {

using namespace std::chrono_literals;

// A name server in the same data centre answers within milliseconds; three questions, because UDP
// loses some.
inline constexpr int name_query_tries = 3;
inline constexpr auto name_query_timeout = 2'000ms;  // all tries together
// A trial dyno does a few connects of at most 2 s each.
inline constexpr auto trial_timeout = 20s;
inline constexpr std::size_t trial_output_bytes_max = 16 * 1024;
// Whoever reloads the packet filter deletes and adds in one go: look once when it is over.
inline constexpr auto restore_delay = 100ms;
// Of a setting that an error message repeats.
inline constexpr std::size_t quoted_bytes_max = 60;

}  // namespace davit::network::limits
