#include "server/dynos/cgroup_home.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include "base/cgroup_mounts.hpp"
#include "base/files.hpp"

namespace davit::dynos {
namespace {

constexpr std::string_view wanted[] = {"memory", "pids", "cpu", "io"};
constexpr std::size_t file_bytes_max = 64 * 1024;
// Killed processes leave their group within some milliseconds.
constexpr int removals = 200;
constexpr unsigned removal_pause_micros = 1000;

bool write_text(const std::string& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::set<std::string, std::less<>> words_of(const std::string& path) {
  std::set<std::string, std::less<>> words;
  const auto text = read_file(path, file_bytes_max);
  if (!text) return words;
  std::string word;
  for (const char c : *text + "\n") {
    if (c != ' ' && c != '\n') {
      word += c;
    } else if (!word.empty()) {
      words.insert(std::exchange(word, {}));
    }
  }
  return words;
}

// What the group may share out and does not yet: "+memory +pids".
std::vector<std::string> not_shared(const std::string& home) {
  const auto has = words_of(home + "/cgroup.controllers");
  const auto shares = words_of(home + "/cgroup.subtree_control");
  std::vector<std::string> out;
  for (const auto name : wanted) {
    if (has.contains(name) && !shares.contains(name)) out.push_back("+" + std::string(name));
  }
  return out;
}

Result<> share_out(const std::string& home) {
  for (const auto& controller : not_shared(home)) {
    if (write_text(home + "/cgroup.subtree_control", controller)) continue;
    const int why = errno;
    if (why == EBUSY) {
      return fail(Errc::conflict,
                  "cgroup '{}' holds other processes, so dynos get no limits: start davitd in a "
                  "group of its own (`systemd-run --user --scope -p Delegate=yes …`)",
                  home);
    }
    return fail_errno(why, fmt::format("share {} out of cgroup '{}'", controller.substr(1), home));
  }
  return {};
}

Result<> move_down(const std::string& home) {
  const std::string below = home + "/" + std::string(dyno::cgroup_of_daemon);
  if (::mkdir(below.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail_errno(errno, fmt::format("make cgroup '{}'", below));
  }
  const std::string pid = std::to_string(::getpid());
  if (!write_text(below + "/cgroup.procs", pid)) {
    return fail_errno(errno, fmt::format("move davitd into cgroup '{}'", below));
  }
  auto shared = share_out(home);
  if (shared) return {};
  // As it was: nobody is served by a half-made arrangement.
  (void)write_text(home + "/cgroup.procs", pid);
  ::rmdir(below.c_str());
  return shared;
}

// FNV-1a: only to tell a few folders apart.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

void kill_all(const std::string& group) {
  if (write_text(group + "/cgroup.kill", "1")) return;
  (void)write_text(group + "/freezer.state", "THAWED");
  const auto pids = words_of(group + "/cgroup.procs");
  for (const auto& pid : pids) ::kill(static_cast<pid_t>(std::atoi(pid.c_str())), SIGKILL);
}

}  // namespace

Result<> settle_in_cgroup() {
  const auto mounts = cgroup_mounts();
  if (!mounts) return mounts.error();
  const auto v2 = std::find_if(mounts->begin(), mounts->end(),
                               [](const CgroupMount& mount) { return mount.v2; });
  if (v2 == mounts->end()) return {};
  const std::string& own = v2->own;
  const auto slash = own.rfind('/');
  if (own.substr(slash + 1) == dyno::cgroup_of_daemon) return share_out(own.substr(0, slash));
  if (not_shared(own).empty()) return {};
  // The top of the whole machine alone may both hold processes and share out.
  const bool is_root = ::access((own + "/cgroup.type").c_str(), F_OK) != 0;
  return is_root ? share_out(own) : move_down(own);
}

dyno::Cgroups cgroups_of_daemon(const dyno::Cgroups& bases, const std::string& socket_dir) {
  return bases.below(fmt::format("davit-{:08x}", hash_of(socket_dir)));
}

void remove_cgroups_of(const dyno::Cgroups& cgroups, const std::string& dyno_id) {
  for (const auto& parent : cgroups.parents) {
    const std::string group = parent.folder + "/" + dyno_id;
    for (int left = removals; left > 0; --left) {
      if (::rmdir(group.c_str()) == 0 || errno != EBUSY) break;
      kill_all(group);
      ::usleep(removal_pause_micros);
    }
    ::rmdir(parent.folder.c_str());  // works when it was the last
  }
}

std::vector<std::string> dynos_with_cgroups(const dyno::Cgroups& cgroups) {
  std::set<std::string> ids;
  for (const auto& parent : cgroups.parents) {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(parent.folder.c_str()), &::closedir);
    while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
      if (entry->d_type == DT_DIR && entry->d_name[0] != '.') ids.insert(entry->d_name);
    }
  }
  return {ids.begin(), ids.end()};
}

}  // namespace davit::dynos
