#pragma once
#include <map>
#include <string>
#include <vector>

#include "dyno/command_io.hpp"
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

// What init starts: the dyno's command, or another beside it.
struct Launch {
  const std::vector<std::string>& argv;
  const std::map<std::string, std::string>& env;  // the whole environment
  const CommandIo* io = nullptr;                  // nullptr: init's own
  int report_fd =
      -1;  // where failures are told; the program does not inherit it. -1: standard error
};

// In the forked child of init: a session of its own, default signals, the working folder,
// no_new_privs, the system call filter, then the program.
[[noreturn]] void run_command(const SandboxPlan& plan, const Launch& launch);

}  // namespace davit::dyno
