#pragma once
#include <chrono>

#include "base/ids.hpp"

namespace davit::supervisor {

// How long a dyno of that age still runs before its daily replacement; negative: it is overdue.
// Every dyno has its own share of the spread, which its id decides: the same for every davitd that
// looks at it. Pure.
std::chrono::milliseconds time_to_cycle(const DynoId& id, std::chrono::microseconds age);

}  // namespace davit::supervisor
