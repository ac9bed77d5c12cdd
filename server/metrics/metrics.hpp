#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "server/meter.hpp"
#include "server/metrics/limits.hpp"
#include "server/metrics/sample.hpp"

namespace davit::metrics {

// Which part of an app's series.
struct Range {
  std::int64_t from = 0;  // seconds since 1970; a multiple of the step
  std::int64_t to = 0;    // not included
  std::int64_t step = 0;  // seconds: a multiple of 10
};

// Samples at from, from + step, …; an empty one where nothing is known.
struct Series {
  Range range;
  std::vector<Sample> samples;
};

// Counts what apps take and serve, keeps the series in metrics.db, and tells them. io thread only;
// the file belongs to a thread of its own. Nothing that happens to the file hurts anyone: then the
// series have a gap.
class Metrics : public Meter {
 public:
  // Closes a step every ten seconds of the wall clock and writes it, until cancelled.
  virtual Task<> run() = 0;
  // Errors: unavailable (no file).
  virtual Task<Result<Series>> read(AppId app, Range range) = 0;
  // Requests of the last so many steps of 10 s (limits::recent_steps at most).
  virtual Sample recent(const AppId& app, std::size_t steps) const = 0;
};

// Opens the file with the first step. executor and clock outlive it; join who awaits run() or
// read() before it goes.
std::unique_ptr<Metrics> make_metrics(asio::any_io_executor executor, const Clock& clock,
                                      std::string path);

}  // namespace davit::metrics
