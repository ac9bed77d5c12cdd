#include "cli/attach/raw_mode.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <array>

namespace davit::cli {
namespace {

constexpr std::array crash_signals{SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

// What a handler of a crash needs; nothing else can reach it there.
struct Saved {
  int terminal = -1;
  termios mode{};
  std::array<struct sigaction, crash_signals.size()> handlers{};
};
Saved saved;

// Only calls that are safe in a signal handler: the terminal back, then whoever handled the crash
// before.
extern "C" void restore_and_crash(int number) {
  ::tcsetattr(saved.terminal, TCSANOW, &saved.mode);
  for (std::size_t i = 0; i < crash_signals.size(); ++i) {
    if (crash_signals[i] == number) ::sigaction(number, &saved.handlers[i], nullptr);
  }
  ::raise(number);
}

}  // namespace

RawMode::RawMode(int terminal) : terminal_(terminal) {
  if (::tcgetattr(terminal_, &saved.mode) != 0) {
    terminal_ = -1;
    return;
  }
  saved.terminal = terminal_;
  struct sigaction action {};
  action.sa_handler = restore_and_crash;
  for (std::size_t i = 0; i < crash_signals.size(); ++i) {
    ::sigaction(crash_signals[i], &action, &saved.handlers[i]);
  }
  apply();
}

RawMode::~RawMode() {
  if (terminal_ < 0) return;
  ::tcsetattr(terminal_, TCSADRAIN, &saved.mode);
  for (std::size_t i = 0; i < crash_signals.size(); ++i) {
    ::sigaction(crash_signals[i], &saved.handlers[i], nullptr);
  }
}

void RawMode::again() {
  if (terminal_ >= 0) apply();
}

void RawMode::apply() {
  termios raw = saved.mode;
  ::cfmakeraw(&raw);
  ::tcsetattr(terminal_, TCSADRAIN, &raw);
}

run_stream::WindowSize window_of(int terminal) {
  winsize size{};
  if (::ioctl(terminal, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace davit::cli
