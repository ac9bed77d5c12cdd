#pragma once
#include <map>
#include <memory>
#include <string>

#include "server/metrics/metrics.hpp"
#include "store/metrics_database.hpp"

namespace davit::metrics {

// The series on disk: writes steps, makes coarse ones of them, forgets the old. The metrics
// thread's; blocking. After an exception it is opened anew with a later call.
class Archive {
 public:
  explicit Archive(std::string path) : path_(std::move(path)) {}

  void write(std::int64_t at, const std::map<AppId, Sample>& samples);
  Result<Series> read(const AppId& app, Range range);

 private:
  store::MetricsDatabase* open();
  void roll_up(store::MetricsDatabase& database, std::int64_t now);
  void roll_up_step(store::MetricsDatabase& database, std::int64_t at);
  void prune(store::MetricsDatabase& database, std::int64_t now);
  void give_up(const std::exception& error);

  std::string path_;
  std::unique_ptr<store::MetricsDatabase> database_;
  std::chrono::steady_clock::time_point not_before_{};
  std::int64_t rolled_up_ = 0;  // the last coarse step that was looked at
};

}  // namespace davit::metrics
