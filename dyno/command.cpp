#include "dyno/command.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.hpp"
#include "dyno/landlock.hpp"
#include "dyno/report.hpp"
#include "dyno/rlimits.hpp"
#include "dyno/seccomp_filter.hpp"

extern char** environ;

namespace davit::dyno {
namespace {

constexpr int exit_not_executable = 126;  // as a shell tells it
constexpr int exit_not_found = 127;

[[noreturn]] void give_up(int report_fd, int code, std::string text) {
  if (report_fd < 0) {
    (void)write_all(STDERR_FILENO, "davit: " + text + "\n");
  } else {
    send_report(report_fd, Report{ReportKind::failed, code, 0, std::move(text)});
  }
  ::_exit(code);
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(number, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void confine(const SandboxPlan& plan, int report_fd) {
  Notes notes;
  const auto confined = apply_landlock(plan, notes);
  if (report_fd >= 0) {
    for (auto& note : notes) send_report(report_fd, Report{ReportKind::note, 0, 0, note});
  }
  if (!confined) give_up(report_fd, exit_not_executable, confined.error().message);
}

// After this the ends of `io` are standard input, output and errors, and a terminal is the one that
// signals of its keys and its loss go by.
void take_io(const CommandIo& io) {
  ::dup2(io.input.get(), STDIN_FILENO);
  ::dup2(io.output.get(), STDOUT_FILENO);
  ::dup2(io.errors.get(), STDERR_FILENO);
  if (io.terminal) ::ioctl(STDIN_FILENO, TIOCSCTTY, 0);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

void run_command(const SandboxPlan& plan, const Launch& launch) {
  const Spec& spec = plan.spec;
  const int report_fd = launch.report_fd;
  ::setsid();
  if (launch.io != nullptr) take_io(*launch.io);
  reset_signals();
  if (::chdir(spec.cwd.c_str()) != 0) {
    give_up(report_fd, exit_not_executable,
            fail_errno(errno, fmt::format("enter the working folder '{}'", spec.cwd)).message);
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    give_up(report_fd, exit_not_executable, fail_errno(errno, "set no_new_privs").message);
  }
  if (plan.level == Level::c) confine(plan, report_fd);
  std::vector<std::string> argv = launch.argv;
  std::vector<std::string> env;
  for (const auto& [key, value] : launch.env) env.push_back(key + "=" + value);
  const auto arguments = pointers(argv);
  auto environment = pointers(env);
  if (const auto filtered = apply_seccomp_filter(); !filtered) {
    give_up(report_fd, exit_not_executable, filtered.error().message);
  }
  if (const auto limited = limit_process_memory(plan); !limited) {
    give_up(report_fd, exit_not_executable, limited.error().message);
  }
  environ = environment.data();  // execvp looks the program up in the command's PATH
  ::execvp(arguments[0], arguments.data());
  const int why = errno;
  give_up(report_fd, why == ENOENT ? exit_not_found : exit_not_executable,
          fail_errno(why, fmt::format("start '{}' inside the dyno", argv[0])).message);
}

}  // namespace davit::dyno
