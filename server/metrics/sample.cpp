#include "server/metrics/sample.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace davit::metrics {
namespace {

using nlohmann::json;

json bins_json(const Histogram& histogram) {
  json list = json::array();
  for (const auto& [bin, count] : histogram.bins()) {
    list.push_back(bin);
    list.push_back(count);
  }
  return list;
}

bool numbers(const json& list) {
  return list.is_array() &&
         std::ranges::all_of(list, [](const json& item) { return item.is_number_unsigned(); });
}

bool read_bins(const json& list, Histogram& histogram) {
  if (!numbers(list) || list.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < list.size(); i += 2) {
    histogram.add_bin(list[i].get<std::uint32_t>(), list[i + 1].get<std::uint64_t>());
  }
  return true;
}

bool read_dyno(const json& entry, Sample& sample) {
  if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string()) return false;
  const json& list = entry[1];
  const auto name = DynoName::parse(entry[0].get<std::string>());
  if (!name || !numbers(list) || list.size() < 6) return false;
  const auto at = [&](std::size_t i) { return list[i].get<std::uint64_t>(); };
  // What was written before requests were counted by dyno has none.
  sample.dynos[*name] = {at(0), at(1), at(2), at(3), at(4), at(5), list.size() > 6 ? at(6) : 0};
  return true;
}

}  // namespace

void DynoUse::merge(const DynoUse& other) {
  cpu_micros += other.cpu_micros;
  covered_micros += other.covered_micros;
  rss_bytes = std::max(rss_bytes, other.rss_bytes);
  swap_bytes = std::max(swap_bytes, other.swap_bytes);
  quota_bytes = std::max(quota_bytes, other.quota_bytes);
  processes = std::max(processes, other.processes);
  requests += other.requests;
}

std::optional<double> DynoUse::cpu_percent() const {
  if (covered_micros == 0) return std::nullopt;
  return 100.0 * static_cast<double>(cpu_micros) / static_cast<double>(covered_micros);
}

bool Sample::empty() const { return requests() == 0 && in_flight == 0 && dynos.empty(); }

std::uint64_t Sample::requests() const {
  return std::accumulate(statuses.begin(), statuses.end(), std::uint64_t{0});
}

void Sample::merge(const Sample& other) {
  for (std::size_t i = 0; i < statuses.size(); ++i) statuses[i] += other.statuses[i];
  service.merge(other.service);
  queue.merge(other.queue);
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  in_flight = std::max(in_flight, other.in_flight);
  for (const auto& [name, use] : other.dynos) dynos[name].merge(use);
}

// [[requests by class], [bins of service], [bins of queue], [[name, [numbers]], …], [bytes in,
// bytes out, in flight]]; rows of an earlier davitd end before the last.
std::string Sample::encode() const {
  json list = json::array();
  for (const auto& [name, use] : dynos) {
    list.push_back({name.str(),
                    {use.cpu_micros, use.covered_micros, use.rss_bytes, use.swap_bytes,
                     use.quota_bytes, use.processes, use.requests}});
  }
  const json whole = {statuses,
                      bins_json(service),
                      bins_json(queue),
                      std::move(list),
                      {bytes_in, bytes_out, in_flight}};
  std::string bytes;
  json::to_cbor(whole, bytes);
  return bytes;
}

Result<Sample> Sample::decode(const std::string& bytes) {
  const json whole = json::from_cbor(bytes, true, false);
  Sample sample;
  bool good = whole.is_array() && whole.size() >= 4 && numbers(whole[0]) &&
              whole[0].size() == sample.statuses.size() && read_bins(whole[1], sample.service) &&
              read_bins(whole[2], sample.queue) && whole[3].is_array();
  for (std::size_t i = 0; good && i < sample.statuses.size(); ++i) {
    sample.statuses[i] = whole[0][i].get<std::uint64_t>();
  }
  for (std::size_t i = 0; good && i < whole[3].size(); ++i) good = read_dyno(whole[3][i], sample);
  if (good && whole.size() > 4 && numbers(whole[4]) && whole[4].size() >= 3) {
    sample.bytes_in = whole[4][0].get<std::uint64_t>();
    sample.bytes_out = whole[4][1].get<std::uint64_t>();
    sample.in_flight = whole[4][2].get<std::uint64_t>();
  }
  if (!good) return fail(Errc::corrupt, "a metrics row cannot be read");
  return sample;
}

}  // namespace davit::metrics
