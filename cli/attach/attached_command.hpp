#pragma once
#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/run_stream.hpp"

namespace davit::cli {

struct AttachOptions {
  std::string url;        // absolute, as the server gave it
  bool terminal = false;  // standard input and output are one, and so is the command's
};

// Holds the other end of a command: our standard input, output and errors are its own until it
// ends. Blocking. With a terminal every key is the command's, and its window follows ours; without
// one SIGINT, SIGTERM, SIGHUP and SIGQUIT go on to it, the third of a kind ends us instead.
// cancelled: a signal ended us; unavailable and the like: the connection could not be made, or was
// lost.
Result<run_stream::Ended> hold_command(const AttachOptions& options);

}  // namespace davit::cli
