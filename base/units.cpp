#include "base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "base/encoding.hpp"

namespace davit {
namespace {

constexpr std::size_t quoted_max = 40;
constexpr double bytes_max = 9e15;  // 8 PiB: no limit here is larger, and a double holds it exactly

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array byte_units{Unit{"", 1},        Unit{"b", 1},        Unit{"k", 0x1p10},
                                Unit{"kb", 0x1p10}, Unit{"kib", 0x1p10}, Unit{"m", 0x1p20},
                                Unit{"mb", 0x1p20}, Unit{"mib", 0x1p20}, Unit{"g", 0x1p30},
                                Unit{"gb", 0x1p30}, Unit{"gib", 0x1p30}, Unit{"t", 0x1p40},
                                Unit{"tb", 0x1p40}, Unit{"tib", 0x1p40}};

std::optional<double> parse(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (ec != std::errc() || !(number >= 0)) return std::nullopt;
  std::string unit(stop, end);
  while (!unit.empty() && unit.front() == ' ') unit.erase(0, 1);
  for (char& c : unit) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const Unit& known : byte_units) {
    if (known.name == unit) return number * known.factor;
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
  const auto bytes = parse(text);
  if (bytes && *bytes <= bytes_max) return static_cast<std::uint64_t>(std::llround(*bytes));
  return fail(Errc::invalid_argument,
              "'{}' is no size; write a number with B, KB, MB, GB or TB, such as 512MB",
              printable(text, quoted_max));
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array names{"B", "KB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  const double rounded = std::round(value * 10) / 10;
  if (rounded == std::floor(rounded)) return fmt::format("{:.0f}{}", rounded, names[unit]);
  return fmt::format("{:.1f}{}", rounded, names[unit]);
}

}  // namespace davit
