#pragma once
#include <string>

#include "router/access_log.hpp"

namespace davit::router {

// A request as one line of JSON, for apps that ask for it: the keys of the vendor's line, numbers
// as numbers, and what does not apply left out. Bytes that are no UTF-8 become U+FFFD.
std::string format_json_line(const LogRecord& record);

}  // namespace davit::router
