#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

// Limits of runtimes, each with its reason.
namespace davit::runtimes::limits {

// A version as npm allows it, and numbers that a JavaScript number holds exactly.
inline constexpr std::size_t version_bytes_max = 256;
inline constexpr std::uint64_t version_number_max = (1ull << 53) - 1;
// People write ranges by hand; npm reads any length, in time that grows with it.
inline constexpr std::size_t range_bytes_max = 1024;
inline constexpr std::size_t range_alternatives_max = 64;

// What one pack may ask for: a language and its tools.
inline constexpr std::size_t wishes_max = 8;
inline constexpr std::size_t wishes_bytes_max = 16 * 1024;

// An unpacked runtime. Node has 5,000 files and 200 MB, a JDK 500 files and 350 MB.
inline constexpr std::size_t archive_entries_max = 100'000;
inline constexpr std::uint64_t archive_bytes_max = 2ull * 1024 * 1024 * 1024;
inline constexpr std::size_t archive_depth_max = 64;

// A packed one: JDKs are 200 MB.
inline constexpr std::uint64_t download_bytes_max = 600ull * 1024 * 1024;
// A list of versions: that of npm itself has 5 MB.
inline constexpr std::uint64_t list_bytes_max = 32ull * 1024 * 1024;
inline constexpr std::chrono::minutes list_time_limit{1};
inline constexpr std::chrono::minutes download_time_limit{10};

// How long a list of versions counts as new, and how long a source that failed is left alone.
inline constexpr std::chrono::minutes list_kept{30};
inline constexpr std::chrono::minutes failure_kept{1};

// A runtime that no release names may be one that a build or a release command of now uses: those
// end within 15 minutes and an hour.
inline constexpr std::chrono::hours unreferenced_kept{3};
inline constexpr std::uint64_t store_bytes_max = 10ull * 1024 * 1024 * 1024;

// What the look at the distribution's programs may say.
inline constexpr std::size_t probe_output_bytes_max = 64 * 1024;

}  // namespace davit::runtimes::limits
