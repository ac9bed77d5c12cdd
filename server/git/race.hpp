#pragma once
#include <cstddef>
#include <exception>
#include <vector>

#include "base/async.hpp"

namespace davit::git {

struct RaceEnd {
  std::size_t first = 0;       // index of the task that ended first
  std::exception_ptr failure;  // of task 0, however it ended
};

// Runs the tasks side by side. When one ends the others are cancelled (terminal); returns when all have ended.
// Asio's parallel group, instantiated once: it is slow to compile.
Task<RaceEnd> race(std::vector<Task<>> tasks);

// The same without cancelling: returns when all have ended.
Task<> run_all(std::vector<Task<>> tasks);

}  // namespace davit::git
