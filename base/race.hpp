#pragma once
#include <cstddef>
#include <exception>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"

// Waiting for what comes first. Asio's parallel group, instantiated once: it is slow to compile.
namespace davit {

struct RaceEnd {
  std::size_t first = 0;                     // index of the task that ended first
  std::vector<std::exception_ptr> failures;  // of every task, however it ended
  bool in_time() const { return first == 0; }
};

// Runs the tasks side by side. When one ends the others are cancelled (terminal); returns when all
// have ended. Cancelling this cancels them all.
Task<RaceEnd> race(std::vector<Task<>> tasks);

// The same without cancelling: returns when all have ended.
Task<> run_all(std::vector<Task<>> tasks);

// Races one task (index 0) against the clock: it is cancelled at the deadline. A task that ends at
// the very moment may have done its work even when it was not in time.
Task<RaceEnd> within(SteadyTime deadline, Task<> task);
Task<RaceEnd> within(SteadyTime::duration limit, Task<> task);

}  // namespace davit
