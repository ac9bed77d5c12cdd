#pragma once
#include <cstdint>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace davit::dyno {

// What a dyno takes and took, as of one moment. A number that the host does not tell is 0.
struct Usage {
  // Against the memory quota counts what cannot simply be dropped: rss + swap (R14 is over it).
  std::uint64_t memory_rss_bytes = 0;    // anonymous and shared memory
  std::uint64_t memory_cache_bytes = 0;  // files in memory; given up before anything is killed
  std::uint64_t memory_peak_bytes = 0;   // the most ever, cache included
  std::uint64_t memory_quota_bytes = 0;  // Limits::memory_bytes
  std::uint64_t memory_high_hits = 0;    // times the kernel slowed it down for being over the quota
  std::uint64_t swap_bytes = 0;
  std::uint64_t oom_kills = 0;  // processes that the kernel killed for memory
  std::uint64_t cpu_micros = 0;
  std::uint64_t cpu_throttled_micros = 0;  // waited because of Limits::cpu_max_percent
  std::uint64_t processes = 0;             // and threads
  std::uint64_t process_limit_hits = 0;    // forks refused
  std::uint64_t disk_bytes = 0;            // of the writable layer, as last measured
  std::uint64_t disk_quota_bytes = 0;      // Limits::disk_bytes

  static Result<Usage> from_json(const nlohmann::json& json);
  nlohmann::json to_json() const;
};

}  // namespace davit::dyno
