#pragma once
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "cli/environment.hpp"
#include "cli/terminal.hpp"

namespace davit::cli {

// Runs one command line (without the program's name) and returns the exit status:
//   0 done   1 the command line or its circumstances were wrong   2 the server refused or could not
//   be reached 100 not logged in   127 no such command   130 Ctrl-C
int run(std::vector<std::string> words, const Environment& environment, Terminal& terminal,
        const Clock& clock);

}  // namespace davit::cli
