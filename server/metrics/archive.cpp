#include "server/metrics/archive.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace davit::metrics {
namespace {

using store::MetricRow;
using store::MetricsDatabase;
using store::Resolution;

constexpr std::int64_t coarse_seconds = std::chrono::seconds(limits::coarse_step).count();

}  // namespace

// A file that cannot be opened is tried again after a while, not with every step.
MetricsDatabase* Archive::open() {
  if (database_) return database_.get();
  const auto now = std::chrono::steady_clock::now();
  if (now < not_before_) return nullptr;
  not_before_ = now + limits::reopen_pause;
  auto opened = MetricsDatabase::open(path_);
  if (!opened) {
    log::warning("metrics are not kept", {{"error", opened.error().message}});
    return nullptr;
  }
  database_ = std::move(*opened);
  return database_.get();
}

void Archive::give_up(const std::exception& error) {
  log::warning("metrics have a gap", {{"error", error.what()}});
  database_.reset();
}

void Archive::write(std::int64_t at, const std::map<AppId, Sample>& samples) {
  auto* database = open();
  if (database == nullptr) return;
  try {
    std::vector<MetricRow> rows;
    for (const auto& [app, sample] : samples) {
      if (!sample.empty()) rows.push_back({app, at, sample.encode()});
    }
    database->write(Resolution::fine, rows);
    roll_up(*database, at);
    prune(*database, at);
  } catch (const std::exception& error) {
    give_up(error);
  }
}

// Whole coarse steps that are over and not written yet; also those that an earlier davitd did not
// come to, some with each call.
void Archive::roll_up(MetricsDatabase& database, std::int64_t now) {
  const std::int64_t open_step = now - now % coarse_seconds;
  if (rolled_up_ == 0) {
    const std::int64_t first = database.oldest(Resolution::fine);
    rolled_up_ = std::max(database.newest(Resolution::coarse),
                          first - first % coarse_seconds - coarse_seconds);
  }
  const std::int64_t oldest = open_step - std::chrono::seconds(limits::fine_kept).count();
  rolled_up_ = std::max(rolled_up_, oldest - oldest % coarse_seconds);
  for (int i = 0; i < limits::roll_ups_at_once; ++i) {
    if (rolled_up_ + coarse_seconds >= open_step) return;
    rolled_up_ += coarse_seconds;
    roll_up_step(database, rolled_up_);
  }
}

void Archive::roll_up_step(MetricsDatabase& database, std::int64_t at) {
  std::map<AppId, Sample> sums;
  for (const MetricRow& row :
       database.read_all(Resolution::fine, at, at + coarse_seconds, limits::rows_read_max)) {
    if (const auto sample = Sample::decode(row.data)) sums[row.app].merge(*sample);
  }
  std::vector<MetricRow> rows;
  for (const auto& [app, sample] : sums) rows.push_back({app, at, sample.encode()});
  database.write(Resolution::coarse, rows);
}

void Archive::prune(MetricsDatabase& database, std::int64_t now) {
  const auto seconds = [](auto time) { return std::chrono::seconds(time).count(); };
  database.prune(Resolution::fine, std::min(now - seconds(limits::fine_kept), rolled_up_),
                 limits::pruned_at_once);
  database.prune(Resolution::coarse, now - seconds(limits::coarse_kept), limits::pruned_at_once);
  if (database.bytes() <= limits::file_bytes_max) return;
  if (database.prune(Resolution::fine, now, limits::pruned_at_once) == 0) {
    database.prune(Resolution::coarse, now, limits::pruned_at_once);
  }
}

Result<Series> Archive::read(const AppId& app, Range range) {
  auto* database = open();
  if (database == nullptr) {
    return fail(Errc::unavailable, "metrics are not kept at this moment; davitd's log says why");
  }
  const auto count = static_cast<std::size_t>((range.to - range.from) / range.step);
  Series series{range, std::vector<Sample>(count)};
  try {
    const bool fine = range.step < coarse_seconds;
    const auto step = fine ? std::chrono::seconds(limits::fine_step).count() : coarse_seconds;
    const auto rows_max = static_cast<std::size_t>((range.to - range.from) / step + 1);
    const auto add = [&](const MetricRow& row) {
      const auto index = static_cast<std::size_t>((row.at - range.from) / range.step);
      const auto sample = Sample::decode(row.data);
      if (sample && index < count) series.samples[index].merge(*sample);
    };
    std::int64_t from = range.from;
    if (!fine) {
      for (const MetricRow& row :
           database->read(Resolution::coarse, app, range.from, range.to, rows_max)) {
        add(row);
      }
      // The last coarse step is not over yet.
      from = std::max(from, database->newest(Resolution::coarse) + coarse_seconds);
      from = std::max(from, range.to - 2 * std::max(range.step, coarse_seconds));
    }
    const std::size_t fine_max = fine ? rows_max : limits::points_max;
    for (const MetricRow& row : database->read(Resolution::fine, app, from, range.to, fine_max)) {
      add(row);
    }
  } catch (const std::exception& error) {
    give_up(error);
    return fail(Errc::unavailable, "the metrics could not be read; davitd's log says why");
  }
  return series;
}

}  // namespace davit::metrics
