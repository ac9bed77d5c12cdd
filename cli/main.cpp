#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "cli/run.hpp"

namespace {

// Ctrl-C ends the tool at once and without a word; nothing of ours needs tidying (files are
// replaced in one step).
extern "C" void quit_quietly(int) { ::_exit(130); }

}  // namespace

int main(int argc, char** argv) {
  davit::log::set_program("davit");
  struct sigaction action {};
  action.sa_handler = quit_quietly;
  ::sigaction(SIGINT, &action, nullptr);
  try {
    const davit::cli::Environment environment = davit::cli::read_environment();
    davit::cli::Terminal terminal(stdout, stderr, environment);
    const davit::SystemClock clock;
    const int status =
        davit::cli::run({argv + std::min(argc, 1), argv + argc}, environment, terminal, clock);
    // A result that did not reach its reader (a full disk) is no success.
    if (std::fflush(stdout) != 0 && status == 0) {
      std::perror(" !    cannot write the result");
      return 1;
    }
    return status;
  } catch (const std::exception& error) {
    std::fprintf(stderr, " !    davit failed: %s\n", error.what());
    return 1;
  }
}
