#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace davit::api::limits {

using namespace std::chrono_literals;

// A config of 64 KB with everything escaped is 400 KB; nothing else that clients send comes near.
inline constexpr std::size_t body_bytes_max = 1024 * 1024;

// The vendor's number; a token bucket, so a burst of that size is fine.
inline constexpr std::uint32_t requests_per_hour = 4500;
inline constexpr std::size_t rate_limited_keys_max = 4096;

inline constexpr std::size_t apps_per_user = 100;    // the vendor's number for a verified account
inline constexpr std::size_t apps_per_admin = 1000;  // what one host and its route table can carry

inline constexpr std::uint32_t quantity_max = 100;  // the vendor's number per process type

// Requests at one time on one dyno; the router's own limit (router/limits.hpp).
inline constexpr std::int64_t routing_limit_max = 10'000;

// Strict-Transport-Security: browsers' lists ask for one year; longer than two keeps nobody safer,
// and a mistake for longer.
inline constexpr std::int64_t hsts_seconds_max = 2 * 365 * 24 * 3600;

// Lists (Range header): the vendor's numbers.
inline constexpr std::size_t page_default = 200;
inline constexpr std::size_t page_max = 1000;
inline constexpr std::size_t listed_max = 10'000;  // rows ever read for one list

// A tail is re-opened with the same URL (EventSource) while the session lives; one dump only needs
// to be fetched.
inline constexpr auto tail_session_lifetime = 1h;
inline constexpr auto dump_session_lifetime = 5min;
inline constexpr std::size_t log_sessions_per_app = 100;
inline constexpr std::size_t log_sessions_max = 2000;
inline constexpr std::size_t log_lines_default = 100;
inline constexpr std::size_t log_lines_max = 1500;
// Streams that are open at this moment; each holds a connection and a bounded queue.
inline constexpr std::size_t streams_per_app = 50;
inline constexpr std::size_t streams_max = 500;
// `davit run`: a line that a person writes, or a small script; and variables likewise.
inline constexpr std::size_t run_command_bytes_max = 16 * 1024;
inline constexpr std::size_t run_variables_max = 100;
inline constexpr std::size_t run_variables_bytes_max = 16 * 1024;
// URLs for a command's other end that nobody has used yet; each lives for a minute.
inline constexpr std::size_t run_tickets_max = 1000;
// Proxies close silent connections after a minute, the router after 55 s.
inline constexpr auto heartbeat = 15s;

// `davit pause`: below the time that the router holds a request, and that clients wait for one.
inline constexpr auto pause_max = 60s;

}  // namespace davit::api::limits
