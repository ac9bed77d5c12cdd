#include "base/time_format.hpp"

#include <fmt/chrono.h>

namespace davit {
namespace {

std::tm utc(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t count = seconds.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&count, &parts);
  return parts;
}

}  // namespace

std::string iso8601(WallTime time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc(time)); }

std::string rfc5424(WallTime time) {
  const auto micros = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}+00:00", utc(time), micros);
}

std::string http_date(WallTime time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", utc(time));
}

std::int64_t to_micros(WallTime time) { return time.time_since_epoch().count(); }

WallTime from_micros(std::int64_t micros) { return WallTime(std::chrono::microseconds(micros)); }

}  // namespace davit
