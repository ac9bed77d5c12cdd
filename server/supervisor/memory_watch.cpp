#include "server/supervisor/memory_watch.hpp"

#include <fmt/format.h>

#include "server/supervisor/limits.hpp"

namespace davit::supervisor {

std::vector<std::string> MemoryWatch::used(std::uint64_t bytes, SteadyTime now) {
  bytes_ = bytes;
  most_ = std::max(most_, bytes);
  over_ = quota_ > 0 && bytes > quota_;
  if (!over_) return {};
  if (said_ && now < *said_ + limits::memory_line_interval) return {};
  said_ = now;
  return {reading(bytes), "Error R14 (Memory quota exceeded)"};
}

std::vector<std::string> MemoryWatch::killed() const {
  std::vector<std::string> lines;
  // A memory bomb goes off between two readings: then the quota is all that is known to be passed.
  if (quota_ > 0) lines.push_back(reading(std::max(most_, quota_)));
  lines.push_back("Error R15 (Memory quota vastly exceeded)");
  lines.push_back("Stopping process with SIGKILL");
  return lines;
}

std::string MemoryWatch::reading(std::uint64_t bytes) const {
  return fmt::format("Process running mem={}M({:.1f}%)", bytes / (1024 * 1024),
                     100.0 * static_cast<double>(bytes) / static_cast<double>(quota_));
}

}  // namespace davit::supervisor
