#pragma once
#include <string>

#include "base/clock.hpp"

namespace davit {

std::string iso8601(WallTime time);     // 2026-01-31T23:59:59Z, the API's form
std::string rfc5424(WallTime time);     // 2026-01-31T23:59:59.123456+00:00, the log's form
std::string http_date(WallTime time);   // Sat, 31 Jan 2026 23:59:59 GMT: RFC 9110, 5.6.7
std::int64_t to_micros(WallTime time);  // since 1970, as the store keeps it
WallTime from_micros(std::int64_t micros);

}  // namespace davit
