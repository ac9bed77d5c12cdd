#pragma once
#include <map>
#include <vector>

#include "base/clock.hpp"
#include "server/inspection/finding.hpp"

namespace davit::inspection {

// Decides which findings are leftovers: those that nobody answers for, seen in one look after the
// other for long enough. Pure.
class Suspects {
 public:
  // `unknown` is all of one look that nobody answered for. What it does not hold any more is
  // cleared.
  std::vector<Finding> judge(const std::vector<Finding>& unknown, SteadyTime now);
  bool empty() const { return since_.empty(); }

 private:
  std::map<Finding, SteadyTime> since_;
};

}  // namespace davit::inspection
