#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::store {

class Connection;

enum class Resolution { fine, coarse };

struct MetricRow {
  AppId app;
  std::int64_t at = 0;  // seconds since 1970
  std::string data;     // the caller's
};

// metrics.db: series of numbers that may be lost without harm. One thread at a time. A broken disk
// or file is an exception (DatabaseError); open it anew then.
class MetricsDatabase {
 public:
  // Opens or creates. A file that is damaged, foreign or of a newer Davit is set aside as
  // "<path>.broken" (the one that was there before is replaced), and a new one begun. Reads all of
  // it once. Errors: where not even that is possible.
  static Result<std::unique_ptr<MetricsDatabase>> open(const std::string& path);
  ~MetricsDatabase();

  // All of it or nothing; a row that is there already is replaced. Not synced: a power cut may take
  // the last minutes.
  void write(Resolution resolution, const std::vector<MetricRow>& rows);
  // from <= at < to, by time; at most rows_max, the oldest.
  std::vector<MetricRow> read(Resolution resolution, const AppId& app, std::int64_t from,
                              std::int64_t to, std::size_t rows_max);
  std::vector<MetricRow> read_all(Resolution resolution, std::int64_t from, std::int64_t to,
                                  std::size_t rows_max);
  std::int64_t newest(Resolution resolution);  // 0: none
  std::int64_t oldest(Resolution resolution);  // 0: none
  // Removes rows older than `before`, the oldest first, at most rows_max; how many it were.
  std::size_t prune(Resolution resolution, std::int64_t before, std::size_t rows_max);
  std::uint64_t bytes();  // that are in use

 private:
  explicit MetricsDatabase(std::unique_ptr<Connection> connection);
  std::int64_t number_of(const AppId& app);
  std::unique_ptr<Connection> connection_;
};

}  // namespace davit::store
