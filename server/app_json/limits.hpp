#pragma once
#include <cstddef>
#include <cstdint>

namespace davit::app_json::limits {

// Written by hand; the largest seen have 10 KB.
inline constexpr std::size_t bytes_max = 256 * 1024;
inline constexpr std::size_t depth_max = 20;
inline constexpr std::size_t variables_max = 500;
inline constexpr std::size_t value_bytes_max = 32 * 1024;
inline constexpr std::size_t types_max = 100;  // as a Procfile
inline constexpr std::uint32_t quantity_max = 100;
inline constexpr std::size_t buildpacks_max = 20;
inline constexpr std::size_t command_bytes_max = 4096;
inline constexpr std::size_t cron_jobs_max = 100;
// A list of every minute is 170.
inline constexpr std::size_t schedule_bytes_max = 256;

}  // namespace davit::app_json::limits
