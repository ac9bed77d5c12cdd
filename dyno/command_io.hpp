#pragma once
#include <vector>

#include "base/run_stream.hpp"
#include "base/unique_fd.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dyno {

// What a command that somebody talks with gets as its standard input, output and errors, and the
// other ends of them. All close-on-exec.
struct CommandIo {
  bool terminal = false;  // all three are one pseudo terminal of the dyno's own
  UniqueFd input;
  UniqueFd output;
  UniqueFd errors;
  std::vector<UniqueFd> outer;  // the terminal's master; or input, output and errors

  // Inside the dyno and as its user, so that the command may open its /dev/stdout and terminal
  // again.
  static Result<CommandIo> make(const run_stream::Interaction& interaction, Level level);
};

void set_window(int terminal, run_stream::WindowSize window);

}  // namespace davit::dyno
