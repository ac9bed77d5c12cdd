#include "server/logs/flood_gate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_format.hpp"

namespace davit::logs {

bool FloodGate::open(SteadyTime now) {
  if (filled_at_) {
    const double seconds = std::chrono::duration<double>(now - *filled_at_).count();
    level_ = std::min(level_ + seconds * limits::flood_bytes_per_second,
                      double{limits::flood_burst_bytes});
  }
  filled_at_ = now;
  return level_ > 0;
}

void FloodGate::passed(std::size_t lines, std::size_t bytes) {
  level_ -= static_cast<double>(bytes + lines * limits::flood_line_overhead);
}

void LostLines::lost(std::uint64_t lines, WallTime since, SteadyTime now) {
  if (lines_ == 0) {
    since_ = since;
    first_ = now;
  }
  // Less than a line was lost: one is torn all the same.
  lines_ += std::max<std::uint64_t>(lines, 1);
}

std::optional<std::string> LostLines::due(SteadyTime now) {
  if (lines_ == 0 || now - first_ < limits::lost_lines_gathered) return std::nullopt;
  if (said_ && now - *said_ < limits::lost_lines_interval) return std::nullopt;
  said_ = now;
  return rest();
}

std::optional<std::string> LostLines::rest() {
  if (lines_ == 0) return std::nullopt;
  auto text = fmt::format("Error L10 (output buffer overflow): {} messages dropped since {}.",
                          lines_, rfc5424(since_));
  lines_ = 0;
  return text;
}

}  // namespace davit::logs
