#include "server/metrics/metrics.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/time_format.hpp"
#include "server/api/handlers.hpp"
#include "server/api/logs/metrics_query.hpp"
#include "server/api/shape/objects.hpp"

namespace davit::api {
namespace {

using metrics::DynoUse;
using metrics::Sample;
using metrics::Series;
using nlohmann::json;

json optional_json(const auto& value) { return value ? json(*value) : json(); }

// One decimal is all that ten seconds tell.
json percent_json(const DynoUse& use) {
  const auto percent = use.cpu_percent();
  return percent ? json(std::round(*percent * 10) / 10) : json();
}

json percentiles_json(const Histogram& histogram) {
  return {{"p50", optional_json(histogram.percentile(50))},
          {"p95", optional_json(histogram.percentile(95))},
          {"p99", optional_json(histogram.percentile(99))}};
}

json summary_json(const Series& series) {
  Sample all;
  for (const Sample& sample : series.samples) {
    Sample requests = sample;
    requests.dynos.clear();
    all.merge(requests);
  }
  return {{"requests", all.requests()},
          {"errors", all.statuses[5]},
          {"waited", all.queue.count()},
          {"response_ms", percentiles_json(all.service)},
          {"queue_ms", percentiles_json(all.queue)}};
}

json requests_json(const Series& series) {
  json out{{"total", json::array()}, {"2xx", json::array()}, {"3xx", json::array()},
           {"4xx", json::array()},   {"5xx", json::array()}, {"waited", json::array()}};
  for (const Sample& sample : series.samples) {
    out["total"].push_back(sample.requests());
    for (const int digit : {2, 3, 4, 5}) {
      out[std::to_string(digit) + "xx"].push_back(sample.statuses[static_cast<std::size_t>(digit)]);
    }
    out["waited"].push_back(sample.queue.count());
  }
  return out;
}

json traffic_json(const Series& series) {
  json out{{"bytes_in", json::array()}, {"bytes_out", json::array()}, {"in_flight", json::array()}};
  for (const Sample& sample : series.samples) {
    out["bytes_in"].push_back(sample.bytes_in);
    out["bytes_out"].push_back(sample.bytes_out);
    out["in_flight"].push_back(sample.in_flight);
  }
  return out;
}

json times_json(const Series& series, const Histogram Sample::*histogram) {
  json out{{"p50", json::array()}, {"p95", json::array()}, {"p99", json::array()}};
  for (const Sample& sample : series.samples) {
    const auto point = percentiles_json(sample.*histogram);
    for (const char* name : {"p50", "p95", "p99"}) out[name].push_back(point[name]);
  }
  return out;
}

json dyno_json_of(const Series& series, const DynoName& name) {
  json out{{"name", name.str()},
           {"type", name.type.str()},
           {"quota_bytes", json()},
           {"cpu_percent", json::array()},
           {"memory_bytes", json::array()},
           {"swap_bytes", json::array()},
           {"processes", json::array()},
           {"requests", json::array()}};
  for (const Sample& sample : series.samples) {
    const auto found = sample.dynos.find(name);
    const bool known = found != sample.dynos.end();
    out["cpu_percent"].push_back(known ? percent_json(found->second) : json());
    // The router may have told of it in a step in which it was not measured.
    const bool measured = known && found->second.processes > 0;
    out["memory_bytes"].push_back(measured ? json(found->second.rss_bytes) : json());
    out["swap_bytes"].push_back(measured ? json(found->second.swap_bytes) : json());
    out["processes"].push_back(measured ? json(found->second.processes) : json());
    out["requests"].push_back(known ? json(found->second.requests) : json());
    if (known && found->second.quota_bytes > 0) out["quota_bytes"] = found->second.quota_bytes;
  }
  return out;
}

bool matches(const DynoName& name, const std::string& wanted) {
  return wanted.empty() || name.type.str() == wanted || name.str() == wanted;
}

json dynos_json(const Series& series, const std::string& wanted) {
  std::set<DynoName> names;
  for (const Sample& sample : series.samples) {
    for (const auto& [name, use] : sample.dynos) {
      if (names.size() < metrics::limits::dynos_max && matches(name, wanted)) {
        names.insert(name);
      }
    }
  }
  json list = json::array();
  for (const DynoName& name : names) list.push_back(dyno_json_of(series, name));
  return list;
}

WallTime time_of(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

}  // namespace

Task<Result<Reply>> app_metrics(Context& context, Call& call) {
  auto query = parse_metrics_query(call.request().query, context.services.clock.wall());
  if (!query) co_return std::move(query).error();
  auto series = co_await context.services.metrics.read(call.the_app().id, query->range);
  if (!series) co_return std::move(series).error();
  json body{
      {"app", app_ref(call.the_app())},           {"from", iso8601(time_of(series->range.from))},
      {"to", iso8601(time_of(series->range.to))}, {"step", series->range.step},
      {"points", series->samples.size()},         {"dynos", dynos_json(*series, query->dyno)}};
  if (query->with_requests()) {
    body["requests"] = requests_json(*series);
    body["response_ms"] = times_json(*series, &Sample::service);
    body["queue_ms"] = times_json(*series, &Sample::queue);
    body["traffic"] = traffic_json(*series);
    body["summary"] = summary_json(*series);
  }
  co_return json_reply(200, body);
}

}  // namespace davit::api
