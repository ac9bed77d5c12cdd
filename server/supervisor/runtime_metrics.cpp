#include "server/supervisor/runtime_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "server/supervisor/limits.hpp"

namespace davit::supervisor {
namespace {

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }

}  // namespace

void RuntimeMetrics::damp(double load, double seconds) {
  const auto towards = [&](double& average, double over) {
    average += (load - average) * (1 - std::exp(-seconds / over));
  };
  towards(load_1m_, 60);
  towards(load_5m_, 300);
  towards(load_15m_, 900);
}

std::vector<std::string> RuntimeMetrics::take(const dyno::Usage& usage, SteadyTime now) {
  if (last_ && now > last_at_ && usage.cpu_micros >= last_->cpu_micros) {
    const double seconds = std::chrono::duration<double>(now - last_at_).count();
    const auto busy = usage.cpu_micros - last_->cpu_micros + usage.cpu_throttled_micros -
                      std::min(usage.cpu_throttled_micros, last_->cpu_throttled_micros);
    damp(static_cast<double>(busy) / 1e6 / seconds, seconds);
  }
  last_ = usage;
  last_at_ = now;
  if (said_ && now - *said_ < limits::runtime_metrics_interval) return {};
  said_ = now;
  const std::string head = fmt::format("source={} dyno={} ", source_, dyno_);
  const auto total = usage.memory_rss_bytes + usage.memory_cache_bytes + usage.swap_bytes;
  return {fmt::format("{}sample#load_avg_1m={:.2f} sample#load_avg_5m={:.2f} "
                      "sample#load_avg_15m={:.2f}",
                      head, load_1m_, load_5m_, load_15m_),
          fmt::format("{}sample#memory_total={:.2f}MB sample#memory_rss={:.2f}MB "
                      "sample#memory_cache={:.2f}MB sample#memory_swap={:.2f}MB "
                      "sample#memory_quota={:.2f}MB",
                      head, megabytes(total), megabytes(usage.memory_rss_bytes),
                      megabytes(usage.memory_cache_bytes), megabytes(usage.swap_bytes),
                      megabytes(usage.memory_quota_bytes))};
}

}  // namespace davit::supervisor
