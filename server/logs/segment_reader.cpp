#include "server/logs/segment_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/logs/limits.hpp"

namespace davit::logs {
namespace fs = std::filesystem;
namespace {

struct Content {
  std::vector<Entry> entries;
  std::optional<SegmentHead> head;
  std::size_t valid_bytes = 0;  // up to the end of the last good record
};

Result<Content> read_segment(const fs::path& path) {
  const auto bytes = read_file(path, 2 * limits::segment_bytes_max);
  if (!bytes) return bytes.error();
  Content content;
  std::size_t at = 0;
  for (auto end = bytes->find('\n'); end != std::string::npos; end = bytes->find('\n', at)) {
    auto record = decode_record(std::string_view(*bytes).substr(at, end - at));
    at = end + 1;
    if (!record) continue;  // torn in the middle by a full disk or a power cut
    content.valid_bytes = at;
    if (auto* entry = std::get_if<Entry>(&*record)) {
      content.entries.push_back(std::move(*entry));
    } else if (!content.head) {
      content.head = std::move(std::get<SegmentHead>(*record));
    }
  }
  return content;
}

std::vector<SegmentFile> list_segments(const fs::path& folder) {
  std::vector<SegmentFile> segments;
  std::error_code ec;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || std::string_view(rest) != ".log") continue;
    std::error_code size_error;
    const auto bytes = it->file_size(size_error);
    // Also what is no file: its number is taken.
    segments.push_back({number, size_error ? 0 : bytes});
  }
  std::sort(segments.begin(), segments.end(),
            [](const SegmentFile& a, const SegmentFile& b) { return a.number < b.number; });
  return segments;
}

// False: the segment's end is not known to be good, so nothing may be added to it.
bool cut(const fs::path& path, SegmentFile& segment, std::size_t bytes) {
  if (segment.bytes == bytes) return true;
  log::warning("torn log record dropped",
               {{"file", path.string()}, {"bytes", segment.bytes - bytes}});
  if (::truncate(path.c_str(), static_cast<off_t>(bytes)) != 0) return false;
  segment.bytes = bytes;
  return true;
}

void apply(AppOnDisk& app, Content content) {
  if (content.head) {
    app.next_sequence = std::max(app.next_sequence, content.head->next_sequence);
    for (const auto& [stream, position] : content.head->positions) {
      app.positions.raise(stream, position);
    }
  }
  for (Entry& entry : content.entries) {
    app.next_sequence = std::max(app.next_sequence, entry.stored.sequence + 1);
    if (!entry.stream.empty()) app.positions.raise(entry.stream, entry.position);
    app.recent.push_back(std::move(entry.stored));
  }
}

}  // namespace

fs::path segment_path(const fs::path& folder, std::uint64_t number) {
  return folder / fmt::format("{:08}.log", number);
}

AppOnDisk read_app(const fs::path& folder, std::size_t lines_max) {
  AppOnDisk app;
  app.segments = list_segments(folder);
  std::vector<Content> newest_first;
  std::size_t lines = 0;
  bool positions_known = false;
  for (auto it = app.segments.rbegin(); it != app.segments.rend(); ++it) {
    if (positions_known && lines >= lines_max) break;
    const bool newest = it == app.segments.rbegin();
    const auto path = segment_path(folder, it->number);
    auto content = read_segment(path);
    if (!content) {
      log::warning("log segment skipped", {{"error", content.error().message}});
      if (newest) app.begin_new = true;
      continue;
    }
    if (newest) app.begin_new = !cut(path, *it, content->valid_bytes);
    lines += content->entries.size();
    positions_known = positions_known || content->head.has_value();
    newest_first.push_back(std::move(*content));
  }
  for (auto it = newest_first.rbegin(); it != newest_first.rend(); ++it) apply(app, std::move(*it));
  while (app.recent.size() > lines_max) app.recent.pop_front();
  return app;
}

}  // namespace davit::logs
