#pragma once
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "server/metrics/metrics.hpp"

namespace davit::api {

// What GET /apps/:app/metrics is asked for.
struct MetricsQuery {
  metrics::Range range;
  std::string dyno;  // "web.1" or "web"; empty: all
  // Requests are the app's: told unless another type, or one dyno, was asked for.
  bool with_requests() const { return dyno.empty() || dyno == "web"; }
};

// "since=1h", or "from=…&to=…" (seconds since 1970); "step=5m"; "type=" or "dyno=". What is left
// out: the last hour, in steps that make some sixty points. Errors: invalid_argument, naming the
// parameter; also more points than metrics::limits::points_max.
Result<MetricsQuery> parse_metrics_query(const std::string& query, WallTime now);

}  // namespace davit::api
