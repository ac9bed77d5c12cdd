#pragma once
#include <chrono>
#include <cstddef>

// Limits on what a release carries, each with its reason.
namespace davit::release::limits {

inline constexpr std::size_t config_vars_max = 512;  // an environment that tools can still print

// Config vars of one app, keys and values together (the vendor's limit is 64 KB): they become an
// environment, and execve(2) accepts 128 KB a string.
inline constexpr std::size_t config_bytes_max = 64 * 1024;

// Builds of all apps that wait for their turn on the box; a push behind so many would take hours.
inline constexpr std::size_t builds_waiting_max = 100;

// One user's builds that are in no queue yet: 20 wait for one app (Turns), and CI services build
// several.
inline constexpr std::size_t builds_preparing_max = 50;

// What a pusher has not read yet, and how long a build waits for him in its whole life: a terminal
// that stands still, or a client that means harm, must not hold a place that others wait for.
inline constexpr std::size_t unread_bytes_max = 1024 * 1024;
inline constexpr std::chrono::seconds reader_patience{30};

// What one build prints and we keep; a log of more is a runaway.
inline constexpr std::size_t build_output_bytes_max = 16 * 1024 * 1024;
// The same of a release command: migrations say what they do, not more.
inline constexpr std::size_t release_output_bytes_max = 1024 * 1024;
// Outputs of release commands are kept so many releases long: enough to compare with the last ones
// that went well.
inline constexpr std::uint32_t release_outputs_kept = 50;

}  // namespace davit::release::limits
