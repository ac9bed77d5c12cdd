#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace davit::git {

// What one push may take; an admin may change these.
struct PushLimits {
  std::uint64_t pack_bytes_max = 1024ULL * 1024 * 1024;
  // libgit2 holds delta bases and results in memory: this bounds it.
  std::uint64_t object_bytes_max = 256ULL * 1024 * 1024;
  std::uint32_t objects_max = 2'000'000;
  // All objects, unpacked: bounds the time to index and what a build can export.
  std::uint64_t unpacked_bytes_max = 16ULL * 1024 * 1024 * 1024;
  // Left free on the disk by a push, so that the database and running apps can write.
  std::uint64_t disk_reserve_bytes = 256ULL * 1024 * 1024;
  // Indexing and the connectivity check together.
  std::chrono::seconds index_timeout{600};
};

namespace limits {

using namespace std::chrono_literals;

inline constexpr std::size_t refs_per_push_max = 1000;
inline constexpr std::size_t push_options_max = 64;
inline constexpr std::size_t push_option_bytes_max = 1024;
inline constexpr std::size_t ref_name_bytes_max = 255;  // a loose ref's last part is a file name
// A repository with more is advertised too slowly to be of use.
inline constexpr std::size_t refs_per_repository_max = 10'000;
// Commands come before the pack: 1000 lines of the longest names and the push options fit with
// room.
inline constexpr std::size_t command_bytes_max = 1024 * 1024;

// git's own http.maxRequestBuffer: wants and haves of a fetch.
inline constexpr std::size_t fetch_request_bytes_max = 10 * 1024 * 1024;
inline constexpr auto fetch_timeout = 30min;

// After a pack was refused, its rest is read and dropped up to here, so that git reads our reason
// and not a reset.
inline constexpr std::uint64_t refused_bytes_max = 64 * 1024 * 1024;

// git's receive.keepAlive: proxies and NAT tables forget silent connections.
inline constexpr auto keep_alive = 5s;

inline constexpr std::size_t pushes_at_once_max = 32;
inline constexpr std::size_t fetches_at_once_max = 16;  // each is a git process

}  // namespace limits
}  // namespace davit::git
