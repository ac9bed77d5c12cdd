#include "dyno/watch/process_list.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "base/unique_dir.hpp"
#include "dyno/limits.hpp"

namespace davit::dyno {
namespace {

constexpr std::uint64_t stat_unit_bytes = 512;  // of st_blocks  // of st_blocks

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

std::vector<std::string> numbers_in(int folder, std::size_t max) {
  std::vector<std::string> names;
  const UniqueDir dir(::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  while (const dirent* entry = dir && names.size() < max ? ::readdir(dir.get()) : nullptr) {
    if (is_number(entry->d_name)) names.emplace_back(entry->d_name);
  }
  return names;
}

std::string read_small(int proc, const std::string& path) {
  const UniqueFd fd(::openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t count = fd ? ::read(fd.get(), text, sizeof text) : -1;
  return {text, count > 0 ? static_cast<std::size_t>(count) : 0};
}

// The numbered field of a line, the first being 0; 0 where there is none.
std::uint64_t field(std::string_view line, int index) {
  while (index-- > 0) {
    const auto space = line.find(' ');
    if (space == line.npos) return 0;
    line.remove_prefix(space + 1);
  }
  std::uint64_t value = 0;
  std::from_chars(line.begin(), line.end(), value);
  return value;
}

// "Pss_Anon:        1234 kB"
std::uint64_t kilobytes_after(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == text.npos) return 0;
  text.remove_prefix(at + key.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return field(text, 0);
}

}  // namespace

namespace {

std::vector<std::string> pids_of_group(int group) {
  std::vector<std::string> pids;
  const UniqueFd procs(::openat(group, "cgroup.procs", O_RDONLY | O_CLOEXEC));
  std::string pid;
  char text[4096];
  for (ssize_t count; (count = ::read(procs.get(), text, sizeof text)) > 0;) {
    for (const char c : std::string_view(text, static_cast<std::size_t>(count))) {
      if (c != '\n') {
        pid += c;
      } else {
        pids.push_back(std::exchange(pid, {}));
      }
    }
  }
  return pids;
}

// From parent to child, thread by thread. A scan of all of /proc would cost each dyno the number of
// all processes of the host.
std::vector<std::string> pids_below(int proc, pid_t root) {
  std::vector<std::string> pids{std::to_string(root)};
  for (std::size_t at = 0; at < pids.size() && pids.size() < limits::processes_looked_at; ++at) {
    const UniqueFd tasks(
        ::openat(proc, (pids[at] + "/task").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!tasks) continue;
    for (const auto& thread : numbers_in(tasks.get(), limits::processes_looked_at)) {
      const auto text = read_small(tasks.get(), thread + "/children");
      std::string_view children(text);
      while (!children.empty()) {
        const auto end = std::min(children.find(' '), children.size());
        if (end > 0) pids.emplace_back(children.substr(0, end));
        children.remove_prefix(std::min(end + 1, children.size()));
      }
    }
  }
  return pids;
}

}  // namespace

ProcessList list_processes(const Sandbox& sandbox) {
  ProcessList list;
  list.proc = UniqueFd(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int group = sandbox.cgroup().clone_into();
  list.pids = group >= 0 ? pids_of_group(group) : pids_below(list.proc.get(), sandbox.init_pid());
  return list;
}

dev_t device_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_dev : 0;
}

NamelessFiles nameless_files(const ProcessList& processes, dev_t disk) {
  NamelessFiles sum;
  std::set<std::pair<dev_t, ino_t>> seen;
  std::size_t left = limits::descriptors_looked_at;
  for (const auto& pid : processes.pids) {
    const UniqueFd folder(
        ::openat(processes.proc.get(), (pid + "/fd").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) continue;
    for (const auto& name : numbers_in(folder.get(), left)) {
      if (left > 0) --left;
      struct stat info {};
      if (::fstatat(folder.get(), name.c_str(), &info, 0) != 0 || !S_ISREG(info.st_mode) ||
          info.st_nlink != 0 || !seen.insert({info.st_dev, info.st_ino}).second) {
        continue;
      }
      struct statfs system {};
      const std::string path = fmt::format("/proc/self/fd/{}/{}", folder.get(), name);
      if (::statfs(path.c_str(), &system) != 0) continue;
      const bool is_memory =
          (system.f_type == TMPFS_MAGIC || system.f_type == HUGETLBFS_MAGIC) && info.st_dev != disk;
      auto& place = is_memory ? sum.memory_bytes : sum.disk_bytes;
      place += static_cast<std::uint64_t>(info.st_blocks) * stat_unit_bytes;
    }
  }
  return sum;
}

namespace {

// "size resident shared …" in pages: what is shared has a file or is counted as nameless.
std::uint64_t anonymous_bytes(int proc, const std::string& pid) {
  static const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto text = read_small(proc, pid + "/statm");
  const auto resident = field(text, 1);
  const auto shared = field(text, 2);
  return resident > shared ? (resident - shared) * page_bytes : 0;
}

}  // namespace

ProcessTotals add_up(const ProcessList& processes) {
  static const auto tick_micros = 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  ProcessTotals totals;
  for (const auto& pid : processes.pids) {
    totals.memory_bytes += anonymous_bytes(processes.proc.get(), pid);
    // "pid (command) S …": the command may hold anything, so look from its end. proc(5) counts from
    // 1, "S" is the third: utime stime cutime cstime are 14 to 17, num_threads 20.
    const auto stat = read_small(processes.proc.get(), pid + "/stat");
    const auto close = stat.rfind(')');
    if (close == stat.npos || close + 2 >= stat.size()) continue;
    const auto rest = std::string_view(stat).substr(close + 2);
    for (int i = 11; i <= 14; ++i) totals.cpu_micros += field(rest, i) * tick_micros;
    totals.threads += field(rest, 17);
  }
  return totals;
}

std::uint64_t exact_memory(const ProcessList& processes) {
  std::uint64_t bytes = 0;
  for (const auto& pid : processes.pids) {
    const auto text = read_small(processes.proc.get(), pid + "/smaps_rollup");
    bytes +=
        text.empty()
            ? anonymous_bytes(processes.proc.get(), pid)
            : (kilobytes_after(text, "Pss_Anon:") + kilobytes_after(text, "Pss_Shmem:")) * 1024;
  }
  return bytes;
}

}  // namespace davit::dyno
