#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

// Sizes as people write them; base/duration.hpp has the times.
namespace davit {

// "512MB", "1.5GB", "64KB", "100B", "4096": binary multiples (1 KB = 1024), as the platform's own
// figures are. Case and an "i" ("MiB") do not matter. Errors: invalid_argument, saying what is
// understood.
Result<std::uint64_t> parse_bytes(std::string_view text);

// "512MB", "1.5GB": at most one decimal.
std::string format_bytes(std::uint64_t bytes);

}  // namespace davit
