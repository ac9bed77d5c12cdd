#include "dyno/init.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <optional>

#include "base/unique_fd.hpp"
#include "dyno/app_mounts.hpp"
#include "dyno/command.hpp"
#include "dyno/init_sessions.hpp"
#include "dyno/process_tree.hpp"
#include "dyno/report.hpp"
#include "dyno/rlimits.hpp"
#include "dyno/rootfs.hpp"
#include "dyno/socket_maker.hpp"
#include "dyno/uplink.hpp"

namespace davit::dyno {
namespace {

constexpr int order_fd = 3;
constexpr int report_fd = 4;
constexpr int sessions_fd = 5;
constexpr int sockets_fd = 6;

class Init {
 public:
  explicit Init(const SandboxPlan& plan) : plan_(plan), sessions_(plan, sessions_fd) {}

  [[noreturn]] void run(InitFds fds) {
    arrange_descriptors(fds);
    ::prctl(PR_SET_NAME, "davit-init", 0, 0, 0);
    char order = 0;
    if (::read(order_fd, &order, 1) != 1 || order != order_go) ::_exit(exit_setup_failed);
    if (const auto made = make_sandbox(); !made) {
      send_report(report_fd,
                  Report{ReportKind::failed, exit_setup_failed, 0, made.error().message});
      finish(exit_setup_failed);
    }
    start_command();
    loop();
  }

 private:
  // 0 nothing, 1 and 2 the output, 3 orders, 4 reports, 5 sessions, 6 sockets; nothing else crosses
  // into the dyno.
  static void arrange_descriptors(InitFds fds) {
    const int order = ::fcntl(fds.order, F_DUPFD_CLOEXEC, 64);
    const int report = ::fcntl(fds.report, F_DUPFD_CLOEXEC, 64);
    const int output = ::fcntl(fds.output, F_DUPFD_CLOEXEC, 64);
    const int nothing = ::fcntl(::open("/dev/null", O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 64);
    const int sessions = ::fcntl(fds.sessions, F_DUPFD_CLOEXEC, 64);
    const int sockets = ::fcntl(fds.sockets, F_DUPFD_CLOEXEC, 64);  // -1 stays -1
    ::dup2(nothing, 0);
    ::dup2(output, 1);
    ::dup2(output, 2);
    ::dup3(order, order_fd, O_CLOEXEC);
    ::dup3(report, report_fd, O_CLOEXEC);
    ::dup3(sessions, sessions_fd, O_CLOEXEC);
    if (sockets >= 0) ::dup3(sockets, sockets_fd, O_CLOEXEC);
    ::close_range(sockets >= 0 ? sockets_fd + 1 : sockets_fd, ~0u, 0);
  }

  Result<> make_sandbox() {
    die_with_launcher();
    // Under memory pressure the kernel should take a dyno before davitd.
    if (const UniqueFd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)); score) {
      [[maybe_unused]] const auto written = ::write(score.get(), "300", 3);
    }
    if (plan_.level == Level::c) {
      ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
      DAVIT_TRY(copy_app_mounts(plan_));
    } else {
      DAVIT_TRY(isolate());
    }
    const bool change_user = plan_.spec.uid && plan_.level != Level::b && ::geteuid() == 0;
    DAVIT_TRY(apply_rlimits(plan_));
    DAVIT_TRY(drop_privileges(plan_.who, change_user));
    // The dyno shares our uid: neither our memory nor our environment is its business.
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    die_with_launcher();  // a change of uid forgets it
    return {};
  }

  Result<> isolate() {
    const std::string host_name = plan_.spec.name.substr(0, 64);
    if (::sethostname(host_name.data(), host_name.size()) != 0) {
      return fail_errno(errno, "set the dyno's host name");
    }
    // While the host's programs are still to be seen.
    if (plan_.spec.network.isolated()) DAVIT_TRY(set_up_inside(plan_.spec.network));
    Notes notes;
    auto entered = enter_new_root(plan_, notes);
    for (const auto& note : notes) send_report(report_fd, Report{ReportKind::note, 0, 0, note});
    return entered;
  }

  // At level C the end of the order pipe is what tells, because then this process still has to kill
  // the others.
  void die_with_launcher() const {
    if (plan_.level != Level::c) ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  }

  void start_command() {
    int started[2];
    if (::pipe2(started, O_CLOEXEC) != 0) finish(exit_setup_failed);
    std::optional<CommandIo> io;
    if (plan_.spec.interaction) {
      auto made = CommandIo::make(*plan_.spec.interaction, plan_.level);
      if (!made) {
        send_report(report_fd,
                    Report{ReportKind::failed, exit_setup_failed, 0, made.error().message});
        finish(exit_setup_failed);
      }
      io = std::move(*made);
    }
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    command_ = ::fork();
    if (command_ == 0) {
      ::close(started[0]);
      run_command(plan_, Launch{plan_.spec.argv, plan_.spec.env, io ? &*io : nullptr, report_fd});
    }
    ::close(started[1]);
    if (command_ < 0) {
      send_report(report_fd, Report{ReportKind::failed, exit_setup_failed, 0,
                                    fail_errno(errno, "fork the command").message});
      finish(exit_setup_failed);
    }
    if (io) sessions_.add_main(command_, std::move(*io));
    // Ends when the program is executed or gave up: either way the close-on-exec writer is gone.
    char nothing = 0;
    while (::read(started[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    ::close(started[0]);
    send_report(report_fd, Report{ReportKind::started, 0, 0, {}});
  }

  [[noreturn]] void loop() {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    const int signals = ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    int sockets = plan_.spec.network.isolated() ? sockets_fd : -1;
    reap();
    for (;;) {
      pollfd ready[] = {{signals, POLLIN, 0},
                        {order_fd, POLLIN, 0},
                        {sockets, POLLIN, 0},
                        {sessions_.fd(), POLLIN, 0}};
      if (::poll(ready, std::size(ready), -1) < 0 && errno != EINTR) finish(exit_setup_failed);
      if (ready[1].revents != 0) take_order();
      if (ready[2].revents != 0 && !serve_socket_orders(sockets)) sockets = -1;
      if (ready[3].revents != 0) sessions_.serve();
      if (ready[0].revents != 0) take_signals(signals);
    }
  }

  void take_order() {
    char order = 0;
    const ssize_t count = ::read(order_fd, &order, 1);
    if (count == 0) finish(128 + SIGKILL);  // davit-dyno is gone
    if (count == 1 && order == order_terminate) signal_all(SIGTERM);
    if (count == 1 && order == order_hang_up) signal_all(SIGHUP);
  }

  void take_signals(int signals) {
    signalfd_siginfo info{};
    while (::read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo == SIGTERM) signal_all(SIGTERM);
    }
    reap();
  }

  void signal_all(int number) const {
    if (plan_.level == Level::c) {
      signal_descendants(::getpid(), number);
    } else {
      ::kill(-1, number);  // every process of the namespace but this one
    }
  }

  void reap() {
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid <= 0) return;
      const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      const int code = signal != 0 ? 128 + signal : WEXITSTATUS(status);
      if (pid != command_) {
        sessions_.reaped(pid, code, signal);
        continue;
      }
      send_report(report_fd, Report{ReportKind::exited, code, signal, {}});
      finish(code);
    }
  }

  [[noreturn]] void finish(int code) const {
    if (plan_.level == Level::c) {
      do {
        kill_descendants(::getpid());
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
      } while (!descendants(::getpid()).empty());
    }
    ::_exit(code);
  }

  const SandboxPlan& plan_;
  InitSessions sessions_;
  pid_t command_ = -1;
};

}  // namespace

void run_init(const SandboxPlan& plan, InitFds fds) { Init(plan).run(fds); }

}  // namespace davit::dyno
