#pragma once
#include <chrono>
#include <cstddef>

// Limits of the room that looks for what nobody answers for.
namespace davit::inspection::limits {

using namespace std::chrono_literals;

// Between two looks when nothing happens. One look reads a few folders and the list of processes.
inline constexpr auto interval = 60s;
// After a dyno has ended: its davit-dyno and its runner clean up within moments.
inline constexpr auto after_event = 5s;
// What is found twice, this far apart at least, is a leftover. Folders and groups are there a
// moment before and after the dyno that they belong to.
inline constexpr auto confirmed_after = 4s;
// Of one look; a host with more is looked at again.
inline constexpr std::size_t findings_max = 2'000;
inline constexpr std::size_t command_line_bytes_max = 4'096;
inline constexpr std::size_t mount_table_bytes_max = 8 * 1024 * 1024;

}  // namespace davit::inspection::limits
