#include "server/supervisor/memory_pressure.hpp"

#include <charconv>

#include "server/supervisor/limits.hpp"

namespace davit::supervisor {
namespace {

// "MemAvailable:   123 kB"
std::optional<std::uint64_t> value_of(std::string_view meminfo, std::string_view name) {
  const auto at = meminfo.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  meminfo.remove_prefix(at + name.size());
  const auto digit = meminfo.find_first_of("0123456789");
  if (digit == std::string_view::npos) return std::nullopt;
  meminfo.remove_prefix(digit);
  std::uint64_t value = 0;
  std::from_chars(meminfo.data(), meminfo.data() + meminfo.size(), value);
  return value;
}

}  // namespace

std::optional<bool> memory_is_short(std::string_view meminfo) {
  const auto total = value_of(meminfo, "MemTotal:");
  const auto available = value_of(meminfo, "MemAvailable:");
  if (!total || !available) return std::nullopt;
  return *available * 100 < *total * limits::memory_short_percent;
}

}  // namespace davit::supervisor
