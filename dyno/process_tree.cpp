#include "dyno/process_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/unique_dir.hpp"
#include "base/unique_fd.hpp"

namespace davit::dyno {
namespace {

// A fork bomb may outrun one pass; each pass stops what it sees, so passes shrink.
constexpr int passes_max = 100;

// Parent of a process that is no zombie; 0 when there is none.
pid_t living_parent(pid_t pid) {
  const UniqueFd fd(::open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[512];
  const ssize_t count = fd ? ::read(fd.get(), buffer, sizeof buffer) : -1;
  if (count <= 0) return 0;
  const std::string_view text(buffer, static_cast<std::size_t>(count));
  // "pid (command) S ppid": the command may hold anything, so look from its end.
  const auto close = text.rfind(')');
  if (close == text.npos || close + 4 >= text.size() || text[close + 2] == 'Z') return 0;
  return static_cast<pid_t>(
      std::strtol(std::string(text.substr(close + 4, 12)).c_str(), nullptr, 10));
}

}  // namespace

std::vector<pid_t> descendants(pid_t root) {
  std::unordered_map<pid_t, std::vector<pid_t>> children;
  const UniqueDir proc(::opendir("/proc"));
  if (!proc) return {};
  while (const dirent* entry = ::readdir(proc.get())) {
    const pid_t pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0) continue;
    if (const pid_t parent = living_parent(pid); parent > 0) children[parent].push_back(pid);
  }
  std::vector<pid_t> found;
  std::vector<pid_t> todo{root};
  while (!todo.empty()) {
    const pid_t parent = todo.back();
    todo.pop_back();
    for (const pid_t child : children[parent]) {
      found.push_back(child);
      todo.push_back(child);
    }
  }
  return found;
}

void signal_descendants(pid_t root, int number) {
  for (const pid_t pid : descendants(root)) ::kill(pid, number);
}

void kill_descendants(pid_t root) {
  std::set<pid_t> seen;
  for (int pass = 0; pass < passes_max; ++pass) {
    bool fresh = false;
    for (const pid_t pid : descendants(root)) {
      fresh = seen.insert(pid).second || fresh;
      ::kill(pid, SIGSTOP);
    }
    if (!fresh) break;
  }
  signal_descendants(root, SIGKILL);
}

}  // namespace davit::dyno
