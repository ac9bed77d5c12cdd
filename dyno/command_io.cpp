#include "dyno/command_io.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/pipe.hpp"

namespace davit::dyno {
namespace {

// Below /dev/pts the app can make nothing; /dev itself is the app's user's at level B.
const char* multiplexer(Level level) { return level == Level::c ? "/dev/ptmx" : "/dev/pts/ptmx"; }

Result<CommandIo> make_terminal(run_stream::WindowSize window, Level level) {
  CommandIo io;
  io.terminal = true;
  UniqueFd master(::open(multiplexer(level), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!master) return fail_errno(errno, "open a terminal for the dyno");
  const int unlocked = 0;
  if (::ioctl(master.get(), TIOCSPTLCK, &unlocked) != 0) {
    return fail_errno(errno, "unlock the dyno's terminal");
  }
  // By the master, never by a name that may lead elsewhere.
  io.input.reset(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!io.input) return fail_errno(errno, "open the dyno's end of its terminal");
  io.output.reset(::fcntl(io.input.get(), F_DUPFD_CLOEXEC, 3));
  io.errors.reset(::fcntl(io.input.get(), F_DUPFD_CLOEXEC, 3));
  if (!io.output || !io.errors) return fail_errno(errno, "make the dyno's terminal");
  set_window(master.get(), window);
  io.outer.push_back(std::move(master));
  return io;
}

Result<CommandIo> make_pipes() {
  auto input = make_pipe();
  auto output = make_pipe();
  auto errors = make_pipe();
  if (!input || !output || !errors) return fail_errno(EMFILE, "make the command's pipes");
  CommandIo io;
  io.input = std::move(input->read);
  io.output = std::move(output->write);
  io.errors = std::move(errors->write);
  io.outer.push_back(std::move(input->write));
  io.outer.push_back(std::move(output->read));
  io.outer.push_back(std::move(errors->read));
  for (const auto& fd : io.outer)
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  return io;
}

}  // namespace

Result<CommandIo> CommandIo::make(const run_stream::Interaction& interaction, Level level) {
  return interaction.terminal ? make_terminal(interaction.window, level) : make_pipes();
}

void set_window(int terminal, run_stream::WindowSize window) {
  winsize size{};
  size.ws_col = window.columns;
  size.ws_row = window.rows;
  ::ioctl(terminal, TIOCSWINSZ, &size);
}

}  // namespace davit::dyno
