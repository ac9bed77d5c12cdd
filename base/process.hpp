#pragma once
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit {

// The one way to start a process: argv array, explicit environment, posix_spawn. A child gets the
// descriptors that are listed here and no others, whatever we have open.
struct ProcessOptions {
  std::vector<std::string> argv;           // argv[0] is an absolute path
  std::map<std::string, std::string> env;  // the whole environment
  std::string cwd;                         // empty: ours
  int stdin_fd = -1;                       // -1: /dev/null; borrowed for the call
  int stdout_fd = -1;                      // -1: /dev/null
  int stderr_fd = -1;                      // -1: /dev/null
  bool new_session = false;  // setsid: outlives our terminal; else its own process group
};

// A child of ours. Destruction neither kills nor waits: whoever must not leak it kills and waits
// first.
class Process {
 public:
  static Result<Process> spawn(const ProcessOptions& options);

  pid_t pid() const { return pid_; }
  // Readable once the process has exited: for poll(2) or an Asio descriptor.
  int pidfd() const { return pidfd_.get(); }
  Result<> signal(int number) const;  // through the pidfd: never hits a recycled pid
  // Reaps. Blocks until the exit unless it already happened. Exit code, or 128 + signal.
  Result<int> wait();

 private:
  Process(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_ = -1;
  UniqueFd pidfd_;
};

// Start time of a process in clock ticks since boot (/proc/PID/stat field 22): with the pid it
// names a process for good. nullopt when there is none.
std::optional<std::uint64_t> process_start_time(pid_t pid);

// The current environment as a map.
std::map<std::string, std::string> current_environment();

}  // namespace davit
