#pragma once
#include <deque>
#include <filesystem>
#include <vector>

#include "server/logs/record.hpp"

namespace davit::logs {

struct SegmentFile {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
};

std::filesystem::path segment_path(const std::filesystem::path& folder, std::uint64_t number);

// What a start needs to know of one app.
struct AppOnDisk {
  std::vector<SegmentFile> segments;  // oldest first
  std::deque<Stored> recent;          // oldest first, at most lines_max
  StreamPositions positions;
  std::uint64_t next_sequence = 1;
  bool begin_new = false;  // the last segment is not fit to be continued
};

// Reads the newest segments of an app's folder, as many as it takes for the recent lines. A torn
// record at the end of the last one is cut off, so that what is written next begins a line of its
// own. What cannot be read is skipped with a warning: a damaged log must not keep davitd from
// starting. Blocking.
AppOnDisk read_app(const std::filesystem::path& folder, std::size_t lines_max);

}  // namespace davit::logs
