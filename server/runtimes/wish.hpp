#pragma once
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "server/runtimes/runtime.hpp"

namespace davit::runtimes {

// What a pack's bin/runtimes prints: "LANGUAGE RANGE # WHERE", one a line; the range may be empty,
// and so may the comment. Errors name the line.
Result<std::vector<Wish>> parse_wishes(std::string_view text);

// What a wish's range means: npm's or Python's grammar, "lts/*", "lts/iron", "latest", "node",
// "current", "stable". Errors name where it was written.
Result<Range> range_of(const Wish& wish, WallTime now);

}  // namespace davit::runtimes
