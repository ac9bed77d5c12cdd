#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

// Limits of what builds fetch from elsewhere, each with its reason.
namespace davit::sources::limits {

inline constexpr std::size_t source_bytes_max = 2048;  // browsers' and servers' own for an address
inline constexpr std::size_t packs_max = 20;           // the vendor's for one app

// A packed repository or archive. The largest public pack (PHP, with its history) has 40 MB.
inline constexpr std::uint64_t download_bytes_max = 200ull * 1024 * 1024;
inline constexpr std::uint64_t object_bytes_max = 64ull * 1024 * 1024;
inline constexpr std::uint32_t objects_max = 500'000;
inline constexpr std::uint64_t objects_bytes_max = 2ull * 1024 * 1024 * 1024;
inline constexpr std::uint64_t disk_reserve_bytes = 256ull * 1024 * 1024;
// Unpacked.
inline constexpr std::size_t files_max = 50'000;
inline constexpr std::uint64_t tree_bytes_max = 1024ull * 1024 * 1024;
inline constexpr std::size_t depth_max = 64;
// A pusher waits for it; a build has 15 minutes for all.
inline constexpr std::chrono::minutes time_limit{2};
// Servers that answer slowly on purpose must not keep other apps' builds from fetching: nobody has
// more than two of the threads, and tarballs, of which a user may ask for many, leave some to packs
// and submodules, which are fetched one at a time by builds that are few.
inline constexpr std::size_t threads = 8;
inline constexpr std::size_t threads_each = 2;
inline constexpr std::size_t download_threads = 5;

// What is kept for the next build, all apps together.
inline constexpr std::uint64_t shelf_bytes_max = 2ull * 1024 * 1024 * 1024;

// Real projects have a handful; each may name more.
inline constexpr std::size_t submodules_max = 50;
inline constexpr std::size_t submodules_depth_max = 4;
inline constexpr std::size_t gitmodules_bytes_max = 64 * 1024;

}  // namespace davit::sources::limits
