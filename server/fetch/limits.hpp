#pragma once
#include <chrono>
#include <cstddef>

namespace davit::fetch::limits {

// GitHub sends a download through two; a circle must end.
inline constexpr int redirects_max = 5;
inline constexpr std::size_t url_bytes_max = 4096;
inline constexpr std::size_t head_bytes_max = 64 * 1024;
inline constexpr std::size_t block_bytes = 64 * 1024;
// A mirror that is not reached must not cost a push minutes: the next source is asked.
inline constexpr std::chrono::seconds connect_timeout{10};
// Between two pieces of a body.
inline constexpr std::chrono::seconds idle_timeout{30};

}  // namespace davit::fetch::limits
