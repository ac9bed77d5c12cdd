#pragma once
#include <cstddef>
#include <cstdint>

namespace davit::logs::limits {

// The vendor's: a longer line is split into several.
inline constexpr std::size_t line_bytes_max = 10'000;
// A reader that is this far behind will not catch up by itself; 1,000 usual lines are 200 kB.
inline constexpr std::size_t tail_lines_max = 1'000;
// 1,500 lines of 10,000 bytes each would be 15 MB of memory for one app.
inline constexpr std::size_t recent_bytes_max = 2 * 1024 * 1024;
// Per app: every restarted dyno is a new stream; more than this many are not alive together.
inline constexpr std::size_t streams_max = 256;
// Of all apps together: the usual limit of a process is 1,024, and davitd has better uses for them.
inline constexpr std::size_t open_segments_max = 128;
// A budget is given back in eighths, so that a rotation forgets little.
inline constexpr std::uint64_t segments_per_app = 8;
// A start reads whole segments into memory.
inline constexpr std::uint64_t segment_bytes_max = 64 * 1024 * 1024;
// Names travel in every record; a dyno's longest is 63 + 1 + 10.
inline constexpr std::size_t name_bytes_max = 100;

}  // namespace davit::logs::limits
