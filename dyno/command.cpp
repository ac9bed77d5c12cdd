#include "dyno/command.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

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
  send_report(report_fd, Report{ReportKind::failed, code, 0, std::move(text)});
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
  for (auto& note : notes) send_report(report_fd, Report{ReportKind::note, 0, 0, note});
  if (!confined) give_up(report_fd, exit_not_executable, confined.error().message);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

void run_command(const SandboxPlan& plan, int report_fd) {
  const Spec& spec = plan.spec;
  ::setsid();
  reset_signals();
  if (::chdir(spec.cwd.c_str()) != 0) {
    give_up(report_fd, exit_not_executable,
            fail_errno(errno, fmt::format("enter the working folder '{}'", spec.cwd)).message);
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    give_up(report_fd, exit_not_executable, fail_errno(errno, "set no_new_privs").message);
  }
  if (plan.level == Level::c) confine(plan, report_fd);
  std::vector<std::string> argv = spec.argv;
  std::vector<std::string> env;
  for (const auto& [key, value] : spec.env) env.push_back(key + "=" + value);
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
