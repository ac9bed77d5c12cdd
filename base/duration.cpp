#include "base/duration.hpp"

#include <fmt/format.h>

#include <charconv>

namespace davit {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t millis;
};
constexpr Unit units[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                 const DurationRange& range) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units) {
    if (error == std::errc::invalid_argument || unit.name != name) continue;
    // Compared before it is multiplied: the number may be as big as its type.
    const bool overflows = error != std::errc() || number > range.max.count() / unit.millis;
    const std::chrono::milliseconds duration(overflows ? 0 : number * unit.millis);
    if (!overflows && duration >= range.min) return duration;
    return fail(Errc::invalid_argument, "'{}' is out of range; choose between {} and {}", text,
                format_duration(range.min), format_duration(range.max));
  }
  return fail(Errc::invalid_argument,
              "'{}' is not a time; write a whole number and its unit: 200ms, 30s, 15m or 2h", text);
}

std::string format_duration(std::chrono::milliseconds duration) {
  for (const Unit& unit : units) {
    const auto count = duration.count() / unit.millis;
    if (duration.count() % unit.millis != 0 || count == 0) continue;
    // People say 60 seconds, not one minute.
    if (count == 1 && unit.millis > 1'000) continue;
    return fmt::format("{}{}", count, unit.name);
  }
  return fmt::format("{}ms", duration.count());
}

}  // namespace davit
