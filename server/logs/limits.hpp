#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace davit::logs::limits {

// The vendor's: a longer line is split into several.
inline constexpr std::size_t line_bytes_max = 10'000;
// What a line that is cut ends with; it is not counted among its bytes.
inline constexpr std::string_view cut_mark = "[…]";
// One app's output: 10,000 usual lines a second, which nobody reads and a small machine still
// stores beside its work. A burst is a stack trace of every dyno, or what was spooled while davitd
// was away.
inline constexpr double flood_bytes_per_second = 2.0 * 1024 * 1024;
inline constexpr double flood_burst_bytes = 16.0 * 1024 * 1024;
inline constexpr std::size_t flood_line_overhead =
    100;  // a short line costs no less to store than a long one
// A dyno whose output is left out is read so often: slow enough to cost nothing, and so fast that
// the last megabyte before its end is through within seconds.
inline constexpr auto flood_pause = std::chrono::milliseconds(50);
// Lines stored in one piece: what waits for the disk stays small, and others' lines come in
// between.
inline constexpr std::size_t lines_at_once = 1'000;
// L10: gathered for so long, then told so often.
inline constexpr auto lost_lines_gathered = std::chrono::seconds(1);
inline constexpr auto lost_lines_interval = std::chrono::seconds(10);
// A reader that is this far behind will not catch up by itself; 1,000 usual lines are 200 kB.
inline constexpr std::size_t tail_lines_max = 1'000;
// 1,500 lines of 10,000 bytes each would be 15 MB of memory for one app.
inline constexpr std::size_t recent_bytes_max = 2 * 1024 * 1024;
// Lines of the platform that are found with --source heroku although the app has said much since.
inline constexpr std::size_t platform_lines_max = 300;
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
