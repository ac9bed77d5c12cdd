#include "server/logs/segment_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/logs/limits.hpp"

namespace davit::logs {
namespace fs = std::filesystem;

SegmentWriter::SegmentWriter(fs::path directory, std::uint64_t app_bytes_max)
    : directory_(std::move(directory)),
      app_bytes_max_(app_bytes_max),
      segment_bytes_(std::clamp<std::uint64_t>(app_bytes_max / limits::segments_per_app, 1,
                                               limits::segment_bytes_max)) {}

void SegmentWriter::adopt(const AppId& id, const AppOnDisk& on_disk) {
  App& app = apps_[id];
  app.segments = on_disk.segments;
  for (const SegmentFile& segment : app.segments) app.bytes += segment.bytes;
  app.positions = on_disk.positions;
  app.next_sequence = on_disk.next_sequence;
  app.rotate =
      on_disk.begin_new || app.segments.empty() || app.segments.back().bytes >= segment_bytes_;
}

SegmentWriter::Lost SegmentWriter::write(const std::vector<Entry>& entries) {
  std::map<AppId, std::vector<const Entry*>> by_app;
  for (const Entry& entry : entries) by_app[entry.app].push_back(&entry);
  Lost lost;
  for (const auto& [app, its] : by_app) {
    if (const auto lines = write_app(app, its); lines > 0) lost.lines[app] = lines;
  }
  return lost;
}

std::uint64_t SegmentWriter::write_app(const AppId& id, const std::vector<const Entry*>& entries) {
  App& app = apps_[id];
  std::uint64_t lost = 0;
  std::vector<const Entry*> waiting;
  std::string records;
  const auto write_waiting = [&] {
    if (const auto written = write_records(id, app, records); !written) {
      log::warning(
          "log lines dropped",
          {{"app", id.str()}, {"lines", waiting.size()}, {"error", written.error().message}});
      lost += waiting.size();
    }
    // After the write: a segment's head must not speak of lines that a crash may still prevent.
    // Also when it failed: a spool is not asked again for what the readers have seen.
    for (const Entry* entry : waiting) {
      if (!entry->stream.empty()) app.positions.raise(entry->stream, entry->position);
      app.next_sequence = entry->stored.sequence + 1;
    }
    records.clear();
    waiting.clear();
  };
  for (const Entry* entry : entries) {
    records += encode_record(*entry);
    waiting.push_back(entry);
    const std::uint64_t in_segment = app.rotate ? 0 : app.segments.back().bytes;
    if (in_segment + records.size() >= segment_bytes_) {
      write_waiting();
      app.rotate = true;
    }
  }
  if (!waiting.empty()) write_waiting();
  return lost;
}

Result<> SegmentWriter::write_records(const AppId& id, App& app, const std::string& records) {
  // A last segment that somebody took away is no reason to stop: the next one begins.
  if (app.rotate || !open_last(id, app)) DAVIT_TRY(begin_segment(id, app));
  SegmentFile& segment = app.segments.back();
  const auto written = write_all(app.file.get(), records);
  if (!written) {
    // A part may be there: without it the next record begins a line of its own.
    if (::ftruncate(app.file.get(), static_cast<off_t>(segment.bytes)) != 0) app.rotate = true;
    return written;
  }
  segment.bytes += records.size();
  app.bytes += records.size();
  keep_budget(id, app);
  return {};
}

Result<> SegmentWriter::begin_segment(const AppId& id, App& app) {
  if (!app.segments.empty() && open_last(id, app)) {
    if (::fsync(app.file.get()) != 0) {
      log::warning("log segment not synced", {{"app", id.str()}, {"errno", errno}});
    }
    close(app);
  }
  app.rotate = true;
  const std::uint64_t number = app.segments.empty() ? 1 : app.segments.back().number + 1;
  DAVIT_TRY(make_directories(folder(id), 0700));
  const auto path = segment_path(folder(id), number);
  auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0600);
  if (!file) return std::move(file).error();
  const std::string head = encode_head(app.next_sequence, app.positions);
  if (const auto written = write_all(file->get(), head); !written) {
    ::unlink(path.c_str());
    return written;
  }
  app.segments.push_back({number, head.size()});
  app.bytes += head.size();
  app.rotate = false;
  remember_open(id, app, std::move(*file));
  return {};
}

Result<> SegmentWriter::open_last(const AppId& id, App& app) {
  if (app.file) {
    open_.splice(open_.begin(), open_, app.place);
    return {};
  }
  const auto path = segment_path(folder(id), app.segments.back().number);
  auto file = open_file(path, O_WRONLY | O_APPEND | O_NOFOLLOW);
  if (!file) return std::move(file).error();
  remember_open(id, app, std::move(*file));
  return {};
}

void SegmentWriter::remember_open(const AppId& id, App& app, UniqueFd file) {
  if (open_.size() >= limits::open_segments_max) close(apps_.at(open_.back()));
  open_.push_front(id);
  app.place = open_.begin();
  app.file = std::move(file);
}

void SegmentWriter::close(App& app) {
  if (!app.file) return;
  app.file.reset();
  open_.erase(app.place);
}

void SegmentWriter::keep_budget(const AppId& id, App& app) {
  while (app.bytes > app_bytes_max_ && app.segments.size() > 1) {
    const SegmentFile oldest = app.segments.front();
    const auto path = segment_path(folder(id), oldest.number);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      log::warning("old log segment stays", {{"file", path.string()}, {"errno", errno}});
    }
    app.bytes -= oldest.bytes;
    app.segments.erase(app.segments.begin());
  }
}

void SegmentWriter::remove(const AppId& id) {
  if (const auto found = apps_.find(id); found != apps_.end()) {
    close(found->second);
    apps_.erase(found);
  }
  if (const auto removed = remove_tree(folder(id)); !removed) {
    log::warning("logs of a destroyed app stay", {{"error", removed.error().message}});
  }
}

}  // namespace davit::logs
