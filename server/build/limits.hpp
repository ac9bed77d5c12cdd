#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

// Limits of a build, each with its reason. Its time limit is limits::build_timeout.
namespace davit::build::limits {

// Exported files. A monorepo with vendored node_modules has about 200,000; a tree object that
// repeats itself can claim billions in a few bytes.
inline constexpr std::size_t tree_files_max = 500'000;
inline constexpr std::uint64_t tree_bytes_max = 2ull * 1024 * 1024 * 1024;
// What else is fetched for one build and copied into it, submodules and packs together: a hostile
// .gitmodules may name fifty of the largest.
inline constexpr std::uint64_t sources_bytes_max = 2ull * 1024 * 1024 * 1024;
inline constexpr std::size_t sources_files_max = 500'000;
// Linux paths end at 4096 bytes; real trees nest less than 40 deep.
inline constexpr std::size_t tree_depth_max = 128;

// Files that we parse ourselves: people write them by hand.
inline constexpr std::size_t procfile_bytes_max = 64 * 1024;
inline constexpr std::size_t procfile_types_max = 100;
inline constexpr std::size_t slugignore_bytes_max = 64 * 1024;
inline constexpr std::size_t slugignore_patterns_max = 1000;
inline constexpr std::size_t release_yaml_bytes_max = 256 * 1024;
inline constexpr std::size_t order_file_bytes_max = 16 * 1024;
inline constexpr std::size_t cache_size_file_bytes_max = 64;  // a number and an id

// What detect says: a name, or a page of explanation.
inline constexpr std::size_t detect_output_bytes_max = 64 * 1024;
// All output of one build. The longest real logs seen (a cold Rust build) are below 1 MB.
inline constexpr std::uint64_t output_bytes_max = 64ull * 1024 * 1024;

// Forks refused until a build is ended: tools try again a few times when a limit is met for a
// moment, a bomb makes thousands of attempts a second.
inline constexpr std::uint64_t forks_refused_max = 100;
// bin/report says what was built; packs read a small file for it.
inline constexpr std::chrono::milliseconds report_time_limit{20'000};
inline constexpr std::size_t report_bytes_max = 16 * 1024;

// A build that takes too long is told so before it is killed: a package manager removes its locks.
inline constexpr std::chrono::milliseconds step_stop_grace{5'000};

// Spool of a build step: the writer waits when it is full, so it only smooths bursts.
inline constexpr std::uint64_t step_spool_bytes = 256 * 1024;

}  // namespace davit::build::limits
