#include "router/traffic_meter.hpp"

#include <algorithm>

#include "router/limits.hpp"

namespace davit::router {

Traffic& TrafficMeter::entry_of(std::string_view app, std::string_view dyno) {
  auto found = by_app_.find(app);
  if (found == by_app_.end()) found = by_app_.emplace(app, std::vector<Traffic>()).first;
  std::vector<Traffic>& entries = found->second;
  const auto known = std::ranges::find(entries, dyno, &Traffic::dyno);
  if (known != entries.end()) return *known;
  if (entries.size() >= limits::metered_dynos_per_app && !dyno.empty()) return entry_of(app, "");
  entries.emplace_back().dyno = dyno;
  return entries.back();
}

void TrafficMeter::count(const LogRecord& record, Time time) {
  Traffic& traffic = entry_of(record.app, record.dyno);
  const int first_digit = record.status / 100;
  const bool known = first_digit >= 1 && first_digit <= 5;
  const auto digit = known ? static_cast<std::size_t>(first_digit) : 0;
  ++traffic.statuses[digit];
  if (record.pinned) ++traffic.pinned[digit];
  if (time == Time::of_answer) {
    if (record.service_ms >= 0) traffic.service.add(record.service_ms);
    traffic.bytes_in += record.received;
    traffic.bytes_out += record.bytes;
  }
  if (record.queue_ms >= 0) traffic.queue.add(record.queue_ms);
}

void TrafficMeter::moved(const LogRecord& record, Bytes bytes) {
  if (record.app.empty()) return;
  Traffic& traffic = entry_of(record.app, record.dyno);
  traffic.bytes_in += bytes.in;
  traffic.bytes_out += bytes.out;
}

void TrafficMeter::merge(const ByApp& other) {
  for (const auto& [app, entries] : other) {
    for (const Traffic& each : entries) entry_of(app, each.dyno).merge(each);
  }
}

}  // namespace davit::router
