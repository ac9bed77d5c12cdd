#pragma once
#include <chrono>
#include <cstddef>

namespace davit::fetch::limits {

// GitHub sends a download through two; a circle must end.
inline constexpr int redirects_max = 5;
inline constexpr std::size_t url_bytes_max = 4096;
inline constexpr std::size_t host_bytes_max = 253;  // RFC 1035, as text
inline constexpr std::size_t head_bytes_max = 64 * 1024;
inline constexpr std::size_t block_bytes = 64 * 1024;
// A mirror that is not reached must not cost a push minutes: the next source is asked.
inline constexpr std::chrono::seconds connect_timeout{10};
// Between two pieces of a body.
inline constexpr std::chrono::seconds idle_timeout{30};
// A phone's line has more, and a fetch must not hold its thread for next to nothing. Longer than a
// git server thinks in the middle of an answer.
inline constexpr std::size_t bytes_per_second_min = 8 * 1024;
inline constexpr std::chrono::seconds rate_window{40};

}  // namespace davit::fetch::limits
