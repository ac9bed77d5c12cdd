#pragma once
#include <string>

#include "dyno/protocol/messages.hpp"

namespace davit::dyno {

// A limit that the dyno went over, and for which it is ended.
struct Breach {
  ExitReason reason = ExitReason::killed;
  std::string detail;  // with the numbers, for people
};

// "512 MB"; rounded up, so that what is over a limit also looks so.
std::string megabytes(std::uint64_t bytes);

}  // namespace davit::dyno
