#pragma once
#include <filesystem>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.hpp"
#include "server/logs/segment_reader.hpp"

namespace davit::logs {

// Writes segments. Log thread only (and the thread that makes it, before).
class SegmentWriter {
 public:
  SegmentWriter(std::filesystem::path directory, std::uint64_t app_bytes_max);

  void adopt(const AppId& app, const AppOnDisk& on_disk);  // at start

  // Appends with write(2); fsync only when a segment is full. Never throws for a disk that refuses:
  // what could not be written is left out and counted.
  struct Lost {
    std::map<AppId, std::uint64_t> lines;
  };
  Lost write(const std::vector<Entry>& entries);
  void remove(const AppId& app);

 private:
  struct App {
    std::vector<SegmentFile> segments;  // oldest first; the last is the one being written
    std::uint64_t bytes = 0;            // of all segments
    StreamPositions positions;
    std::uint64_t next_sequence = 1;
    bool rotate = true;                // the next record begins a segment
    UniqueFd file;                     // of the last segment; none while closed
    std::list<AppId>::iterator place;  // in open_, while file is there
  };

  std::filesystem::path folder(const AppId& app) const { return directory_ / app.str(); }
  std::uint64_t write_app(const AppId& id, const std::vector<const Entry*>& entries);
  Result<> write_records(const AppId& id, App& app, const std::string& records);
  Result<> begin_segment(const AppId& id, App& app);
  Result<> open_last(const AppId& id, App& app);
  void close(App& app);
  void remember_open(const AppId& id, App& app, UniqueFd file);
  void keep_budget(const AppId& id, App& app);

  std::filesystem::path directory_;
  std::uint64_t app_bytes_max_;
  std::uint64_t segment_bytes_;
  std::unordered_map<AppId, App> apps_;
  std::list<AppId> open_;  // apps with an open file, the one used last in front
};

}  // namespace davit::logs
