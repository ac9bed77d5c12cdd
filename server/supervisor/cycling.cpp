#include "server/supervisor/cycling.hpp"

#include <charconv>

#include "server/supervisor/limits.hpp"

namespace davit::supervisor {

std::chrono::milliseconds time_to_cycle(const DynoId& id, std::chrono::microseconds age) {
  // The first eight digits of an id are random.
  std::uint32_t random = 0;
  const std::string& text = id.str();
  std::from_chars(text.data(), text.data() + std::min<std::size_t>(8, text.size()), random, 16);
  const std::chrono::milliseconds spread = limits::cycle_spread;
  const std::chrono::milliseconds own(random % static_cast<std::uint64_t>(spread.count()));
  const std::chrono::milliseconds after = limits::cycle_after;
  return after + own - std::chrono::duration_cast<std::chrono::milliseconds>(age);
}

}  // namespace davit::supervisor
