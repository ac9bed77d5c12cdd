#include "dyno/clone.hpp"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace davit::dyno {

pid_t clone_process(unsigned long namespaces, int cgroup, UniqueFd& pidfd) {
  int made = -1;
  long pid = -1;
  if (cgroup >= 0) {
    clone_args arguments{};
    arguments.flags = namespaces | CLONE_PIDFD | CLONE_INTO_CGROUP;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&made);
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup);
    pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  } else {
    pid =
        ::syscall(SYS_clone, namespaces | CLONE_PIDFD | SIGCHLD, nullptr, &made, nullptr, nullptr);
  }
  if (pid > 0) pidfd.reset(made);
  return static_cast<pid_t>(pid);
}

}  // namespace davit::dyno
