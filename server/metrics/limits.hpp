#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace davit::metrics::limits {

using namespace std::chrono_literals;

// The series: what a dyno's launcher measures at, and what a week's chart can show.
inline constexpr auto fine_step = 10s;
inline constexpr auto coarse_step = 300s;
inline constexpr auto fine_kept = 24h;
inline constexpr auto coarse_kept = 7 * 24h;
// Of the whole file: 100 busy apps of two dynos take some 200 MB. Above it the oldest fine rows go
// first.
inline constexpr std::uint64_t file_bytes_max = 256ull * 1024 * 1024;
// Rows removed with each write: more than are written in a step, so that it catches up, and few
// enough to take milliseconds.
inline constexpr std::size_t pruned_at_once = 1'000;
// A start writes the coarse rows that an earlier davitd left out, so many with each fine step.
inline constexpr int roll_ups_at_once = 12;
inline constexpr std::size_t rows_read_max =
    200'000;  // of all apps for one coarse row: 30 steps of 1,000 apps

// One answer. 60 points are a chart, and a day at five minutes is 288; more is a download.
inline constexpr std::size_t points_max = 1'000;
inline constexpr std::size_t dynos_max = 500;  // names in one answer; a type has 100 dynos

// A dyno that was not heard of for so long is gone: what it had used before is forgotten.
inline constexpr auto dyno_forgotten = 60s;
// What the autoscaler looks back at, in fine steps.
inline constexpr std::size_t recent_steps = 6;
// After a failure of the file it is opened anew so often.
inline constexpr auto reopen_pause = 60s;

}  // namespace davit::metrics::limits
