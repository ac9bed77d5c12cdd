#include "server/metrics/collector.hpp"

#include <algorithm>

#include "server/metrics/limits.hpp"

namespace davit::metrics {
namespace {

constexpr int switching_protocols = 101;  // its time is that of a WebSocket's whole life

}  // namespace

void Collector::used(const AppId& app, const DynoName& name, const DynoId& dyno,
                     const dyno::Usage& usage, SteadyTime now) {
  DynoUse use;
  use.rss_bytes = usage.memory_rss_bytes;
  use.swap_bytes = usage.swap_bytes;
  use.quota_bytes = usage.memory_quota_bytes;
  use.processes = usage.processes;
  const auto [seen, fresh] = seen_.try_emplace(dyno, Seen{usage.cpu_micros, now});
  if (!fresh && now > seen->second.at && usage.cpu_micros >= seen->second.cpu_micros) {
    use.cpu_micros = usage.cpu_micros - seen->second.cpu_micros;
    use.covered_micros = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now - seen->second.at).count());
  }
  seen->second = {usage.cpu_micros, now};
  open_[app].dynos[name].merge(use);
}

void Collector::requested(const AppId& app, const RequestFact& request) {
  Sample& sample = open_[app];
  const int first_digit = request.status / 100;
  ++sample
        .statuses[first_digit >= 1 && first_digit <= 5 ? static_cast<std::size_t>(first_digit) : 0];
  if (request.service_ms >= 0 && request.status != switching_protocols) {
    sample.service.add(request.service_ms);
  }
  if (request.queue_ms >= 0) sample.queue.add(request.queue_ms);
}

void Collector::served(const AppId& app, const TrafficFact& traffic) {
  Sample& sample = open_[app];
  std::uint64_t requests = 0;
  for (std::size_t i = 0; i < traffic.statuses.size(); ++i) {
    sample.statuses[i] += traffic.statuses[i];
    requests += traffic.statuses[i];
  }
  sample.service.merge(traffic.service);
  sample.queue.merge(traffic.queue);
  sample.bytes_in += traffic.bytes_in;
  sample.bytes_out += traffic.bytes_out;
  if (traffic.dyno) sample.dynos[*traffic.dyno].requests += requests;
}

void Collector::in_flight(const AppId& app, std::uint64_t requests) {
  Sample& sample = open_[app];
  sample.in_flight = std::max(sample.in_flight, requests);
}

const std::map<AppId, Sample>& Collector::close_step(SteadyTime now) {
  closed_.push_back(std::exchange(open_, {}));
  if (closed_.size() > limits::recent_steps) closed_.pop_front();
  std::erase_if(
      seen_, [now](const auto& entry) { return now - entry.second.at > limits::dyno_forgotten; });
  return closed_.back();
}

Sample Collector::recent(const AppId& app, std::size_t steps) const {
  Sample sum;
  const auto add = [&](const std::map<AppId, Sample>& step) {
    const auto found = step.find(app);
    if (found == step.end()) return;
    Sample requests = found->second;
    requests.dynos.clear();
    sum.merge(requests);
  };
  add(open_);
  for (std::size_t i = 0; i < std::min(steps, closed_.size()); ++i) {
    add(closed_[closed_.size() - 1 - i]);
  }
  return sum;
}

}  // namespace davit::metrics
