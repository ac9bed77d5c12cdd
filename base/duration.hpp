#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit {

struct DurationRange {
  std::chrono::milliseconds min;
  std::chrono::milliseconds max;
};

// "200ms", "30s", "15m", "2h": a whole number and its unit, within the range. Errors:
// invalid_argument, which quote the text and say what is allowed.
Result<std::chrono::milliseconds> parse_duration(std::string_view text, const DurationRange& range);

// The same form, in the largest unit that loses nothing; one minute is "60s" and one hour "60m".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace davit
