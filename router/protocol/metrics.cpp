#include "router/protocol/metrics.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "router/protocol/json_fields.hpp"

namespace davit::router {
namespace {

using nlohmann::json;

json bins_to_json(const Histogram& histogram) {
  json list = json::array();
  for (const auto& [bin, count] : histogram.bins()) {
    list.push_back(bin);
    list.push_back(count);
  }
  return list;
}

void read_bins(JsonFields& fields, const char* name, Histogram& histogram) {
  std::vector<std::uint64_t> numbers;
  fields.read(name, numbers);
  if (numbers.size() % 2 != 0) return fields.refuse(name, "must be pairs of bin and count");
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    if (numbers[i] > 0xffff) return fields.refuse(name, "has a bin that does not exist");
    histogram.add_bin(static_cast<std::uint32_t>(numbers[i]), numbers[i + 1]);
  }
}

using Statuses = std::array<std::uint64_t, 6>;

void take_statuses(JsonFields& fields, const char* name, const std::vector<std::uint64_t>& numbers,
                   Statuses& out) {
  if (fields.failed()) return;
  if (numbers.size() != out.size()) return fields.refuse(name, "must be six numbers");
  std::ranges::copy(numbers, out.begin());
}

Result<Traffic> read_traffic(const json& object, std::string path) {
  JsonFields fields(object, std::move(path));
  Traffic traffic;
  fields.read("dyno", traffic.dyno);
  std::vector<std::uint64_t> statuses;
  std::vector<std::uint64_t> pinned(traffic.pinned.size());  // told only where there are such
  fields.read("statuses", statuses);
  fields.read_known("pinned", pinned);
  take_statuses(fields, "statuses", statuses, traffic.statuses);
  take_statuses(fields, "pinned", pinned, traffic.pinned);
  read_bins(fields, "service", traffic.service);
  read_bins(fields, "queue", traffic.queue);
  fields.read("bytes_in", traffic.bytes_in);
  fields.read("bytes_out", traffic.bytes_out);
  DAVIT_TRY(fields.result());
  return traffic;
}

Result<AppTraffic> read_app_traffic(const json& object, std::string path) {
  JsonFields fields(object, std::move(path));
  AppTraffic app;
  fields.read("app", app.app);
  fields.read("in_flight", app.in_flight);
  fields.read_each("traffic", app.traffic, read_traffic);
  DAVIT_TRY(fields.result());
  return app;
}

}  // namespace

void Traffic::merge(const Traffic& other) {
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    statuses[i] += other.statuses[i];
    pinned[i] += other.pinned[i];
  }
  service.merge(other.service);
  queue.merge(other.queue);
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
}

Result<Metrics> Metrics::from_json(const json& message) {
  JsonFields fields(message, "");
  Metrics metrics;
  fields.read_each("apps", metrics.apps, read_app_traffic);
  DAVIT_TRY(fields.result());
  return metrics;
}

json Metrics::to_json() const {
  json list = json::array();
  for (const AppTraffic& app : apps) {
    json entries = json::array();
    for (const Traffic& each : app.traffic) {
      entries.push_back({{"dyno", each.dyno},
                         {"statuses", each.statuses},
                         {"service", bins_to_json(each.service)},
                         {"queue", bins_to_json(each.queue)},
                         {"bytes_in", each.bytes_in},
                         {"bytes_out", each.bytes_out}});
      const bool any =
          std::ranges::any_of(each.pinned, [](std::uint64_t count) { return count > 0; });
      if (any) entries.back()["pinned"] = each.pinned;
    }
    list.push_back(
        {{"app", app.app}, {"in_flight", app.in_flight}, {"traffic", std::move(entries)}});
  }
  return json{{"apps", std::move(list)}};
}

}  // namespace davit::router
