#include "base/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <charconv>

#include "base/ensure.hpp"
#include "base/files.hpp"

extern char** environ;

namespace davit {
namespace {

class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

void redirect(SpawnSetup& setup, int fd, int target) {
  if (fd < 0) {
    posix_spawn_file_actions_addopen(&setup.actions, target, "/dev/null",
                                     target == 0 ? O_RDONLY : O_WRONLY, 0);
  } else {
    posix_spawn_file_actions_adddup2(&setup.actions, fd, target);
  }
}

// The child starts with default signal handling and nothing blocked, whatever our threads do.
void reset_signals(SpawnSetup& setup) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&setup.attributes, &none);
  posix_spawnattr_setsigdefault(&setup.attributes, &all);
}

}  // namespace

Result<Process> Process::spawn(const ProcessOptions& options) {
  ensure(!options.argv.empty() && options.argv[0].starts_with('/'), "argv[0] is an absolute path");
  for (const int fd : {options.stdin_fd, options.stdout_fd, options.stderr_fd}) {
    ensure(fd < 0 || fd > 2, "a child's standard stream is not one of ours");
  }
  SpawnSetup setup;
  redirect(setup, options.stdin_fd, 0);
  redirect(setup, options.stdout_fd, 1);
  redirect(setup, options.stderr_fd, 2);
  // Not every library opens its descriptors close-on-exec (Asio does not): a child that held our
  // listening socket would keep callers waiting after our death.
  posix_spawn_file_actions_addclosefrom_np(&setup.actions, 3);
  if (!options.cwd.empty()) {
    posix_spawn_file_actions_addchdir_np(&setup.actions, options.cwd.c_str());
  }
  reset_signals(setup);
  const int group = options.new_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(&setup.attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK |
                                                                 POSIX_SPAWN_SETSIGDEF | group));
  std::vector<char*> argv;
  for (const auto& argument : options.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> assignments;
  for (const auto& [key, value] : options.env) assignments.push_back(key + "=" + value);
  std::vector<char*> env;
  for (auto& assignment : assignments) env.push_back(assignment.data());
  env.push_back(nullptr);

  pid_t pid = -1;
  const int rc =
      ::posix_spawn(&pid, argv[0], &setup.actions, &setup.attributes, argv.data(), env.data());
  if (rc != 0) return fail_errno(rc, fmt::format("start '{}'", options.argv[0]));
  // Safe: an unreaped child's pid is not reused.
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ensure(static_cast<bool>(pidfd), "pidfd_open works on Linux 5.3 and later");
  return Process(pid, std::move(pidfd));
}

Result<> Process::signal(int number) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0) return {};
  return fail_errno(errno, fmt::format("signal process {}", pid_));
}

Result<int> Process::wait() {
  siginfo_t info{};
  int rc = 0;
  do {
    rc = ::waitid(static_cast<idtype_t>(3) /* P_PIDFD */, static_cast<id_t>(pidfd_.get()), &info,
                  WEXITED);
  } while (rc != 0 && errno == EINTR);
  if (rc != 0) return fail_errno(errno, fmt::format("wait for process {}", pid_));
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

std::optional<std::uint64_t> process_start_time(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!stat) return std::nullopt;
  // The second field is the command in parentheses and may hold anything: count from the last ")".
  auto at = stat->rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  std::uint64_t ticks = 0;
  std::from_chars(stat->data() + at + 1, stat->data() + stat->size(), ticks);
  return ticks;
}

std::map<std::string, std::string> current_environment() {
  std::map<std::string, std::string> env;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      env.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return env;
}

}  // namespace davit
