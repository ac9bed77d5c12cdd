#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

// Limits of the life of dynos, each with its reason. Boot and stop grace are base/limits.hpp.
namespace davit::supervisor::limits {

using namespace std::chrono_literals;

// Requests that a dyno still serves when it leaves the route table. As long as the stop grace: a
// request may take 30 s to its first byte (H12).
inline constexpr auto drain_timeout = 30s;

// Restart after a crash. The first is at once (most crashes are alone), the second after the time
// that a package manager or a database needs to come back from a blink, then doubling: a broken app
// costs one boot per five minutes, and its owner who fixed the cause elsewhere (a database that was
// away) waits no longer than a coffee.
inline constexpr auto first_restart_delay = 2s;
inline constexpr auto restart_delay_max = 5min;
// A dyno that ran so long was healthy: its next crash is a first one.
inline constexpr auto healthy_after = 10min;
// All of one app's crashed dynos together start at most so often in the long run: a hundred dynos
// that crash by turns would otherwise boot one every three seconds, for ever.
inline constexpr auto crash_restart_interval = 10s;
// What may come at once before that counts: every dyno its first restart and one more.
inline constexpr std::uint32_t crash_burst_per_dyno = 2;
inline constexpr std::uint32_t crash_burst_min = 10;

// Daily cycling, the vendor's numbers: every 24 h and up to 216 min, so that not all go at once.
inline constexpr auto cycle_after = 24h;
inline constexpr auto cycle_spread = 216min;

// R14 lines of one dyno: the vendor's rhythm.
inline constexpr auto memory_line_interval = 20s;

// log-runtime-metrics lines of one dyno: the vendor's rhythm. A reading that is a moment early
// counts.
inline constexpr auto runtime_metrics_interval = 19s;

// A release command. The vendor's limit, and what keeps a stuck one from blocking the app's pushes.
inline constexpr auto release_timeout = 1h;

// One-off dynos (`davit run`). Each is a sandbox of its own with a size's memory: an app's
// forgotten ones must not take the server, and all together not either.
inline constexpr std::size_t one_offs_per_app = 20;
inline constexpr std::size_t one_offs_max = 100;
// The vendor's: the longest, and what there is without a wish.
inline constexpr auto one_off_time_max = 86'400s;
// Between the request and its client's coming (R13): a tool takes a second.
inline constexpr auto attach_timeout = 60s;
// The vendor's: nothing went in or out for so long.
inline constexpr auto session_idle = 1h;
// Proxies close what is silent for a minute.
inline constexpr auto session_ping = 15s;
// init starts a command within milliseconds; a davit-dyno of an older build never answers.
inline constexpr auto exec_timeout = 10s;

// Health checks of app.json: written by hand, so few and small.
inline constexpr std::size_t health_types_max = 50;
inline constexpr std::size_t health_path_bytes_max = 2048;
inline constexpr std::size_t health_headers_max = 20;
inline constexpr std::size_t health_header_bytes_max = 1024;
inline constexpr int health_attempts_max = 100;
inline constexpr auto health_interval_max = 3600s;
// One answer. Longer than the router waits for a first byte helps nobody.
inline constexpr auto health_timeout_max = 30s;
// A start check as a whole: the app's pushes wait behind it.
inline constexpr auto start_check_max = 30min;
// Of an answer we read the status line only; its head must fit here.
inline constexpr std::size_t health_answer_bytes_max = 16 * 1024;

// Sizes of dynos that an admin may define, and what they may hold.
inline constexpr std::size_t sizes_max = 50;
inline constexpr std::uint64_t size_memory_min = 16ull * 1024 * 1024;
inline constexpr std::uint32_t size_processes_min = 8;  // bash, the command, and what it starts
inline constexpr std::uint64_t size_disk_min = 16ull * 1024 * 1024;

// Sleep. A frozen dyno wakes within milliseconds, so it may sleep soon; above a week is never.
inline constexpr auto sleep_after_min = 1s;
inline constexpr auto sleep_after_max = 7 * 24h;
// A frozen dyno holds its memory. A night and a day's work are the two rhythms of apps that sleep.
inline constexpr auto sleep_stop_after = 12h;
inline constexpr auto sleep_stop_after_max = 365 * 24h;
// Less memory than this share of the machine's is left: frozen dynos are stopped, one app with each
// look.
inline constexpr std::uint64_t memory_short_percent = 10;
inline constexpr auto memory_look_interval = 10s;
inline constexpr std::size_t meminfo_bytes_max = 16 * 1024;

// Autoscaling. Up soon, because people wait; down late, because a dyno that was taken away too
// early is missed.
inline constexpr auto scale_up_after = 30s;
inline constexpr auto scale_down_after = 5min;
// A new dyno must have booted and be measured before the next is judged to be needed. The vendor's
// number.
inline constexpr auto scale_apart = 60s;
// One dyno less must come out below this share of the target, or the next minute would take it
// back.
inline constexpr int scale_down_below_percent = 70;
inline constexpr auto autoscale_target_min = 1ms;
inline constexpr auto autoscale_target_max = 30'000ms;     // H12 comes then
inline constexpr std::uint32_t autoscale_dynos_max = 100;  // as scaling by hand

// A canary is compared with the current release over so long: short enough that a fault which comes
// after an hour is seen within minutes, in steps of the metrics'.
inline constexpr auto canary_window = 5min;
inline constexpr auto canary_step = 10s;
// It is looked at every two seconds for hours: chance must not take it back even once.
inline constexpr double canary_deviations = 3.0;
// One request that failed may be the first of all: too few for any arithmetic.
inline constexpr std::uint64_t canary_failures_min = 5;
// Less than that is not worth it, however certain many requests make it.
inline constexpr double canary_margin = 0.01;
// Its end could not be stored (a full disk): tried again so soon, and ever more seldom.
inline constexpr std::chrono::milliseconds canary_retry_min = 1s;
inline constexpr std::chrono::milliseconds canary_retry_max = 1min;
inline constexpr auto canary_promote_after_min = 1s;
inline constexpr auto canary_promote_after_max = 7 * 24h;

// An app's own error page travels in the route table, and the table of 10,000 apps is one message.
inline constexpr std::size_t page_bytes_max = 16 * 1024;
inline constexpr std::size_t page_url_bytes_max = 2'000;

}  // namespace davit::supervisor::limits
