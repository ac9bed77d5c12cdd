#include "server/logs/stream_positions.hpp"

#include <algorithm>

#include "server/logs/limits.hpp"

namespace davit::logs {

std::uint64_t StreamPositions::get(const std::string& stream) const {
  const auto found = entries_.find(stream);
  return found == entries_.end() ? 0 : found->second.position;
}

void StreamPositions::raise(const std::string& stream, std::uint64_t position) {
  auto& entry = entries_[stream];
  entry.position = std::max(entry.position, position);
  entry.used = ++uses_;
  if (entries_.size() <= limits::streams_max) return;
  entries_.erase(
      std::min_element(entries_.begin(), entries_.end(),
                       [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
}

}  // namespace davit::logs
