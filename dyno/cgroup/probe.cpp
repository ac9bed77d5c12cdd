#include "dyno/cgroup/probe.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/cgroup_mounts.hpp"
#include "base/files.hpp"
#include "dyno/clone.hpp"
#include "dyno/limits.hpp"

namespace davit::dyno {
namespace {

constexpr const char* v2_controllers[] = {"memory", "pids", "cpu", "io"};

// A group for the time of the probe.
class Trial {
 public:
  explicit Trial(std::string path) : path_(std::move(path)) {
    made_ = ::mkdir(path_.c_str(), 0755) == 0;
    if (!made_) why_ = fail_errno(errno, fmt::format("mkdir '{}'", path_)).message;
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    if (!made_) return;
    // It is busy for a moment after its last process.
    for (int left = limits::cgroup_probe_removals; ::rmdir(path_.c_str()) != 0 && left > 0;
         --left) {
      if (errno != EBUSY) break;
      ::usleep(limits::cgroup_probe_pause_micros);
    }
  }
  explicit operator bool() const { return made_; }
  const std::string& path() const { return path_; }
  const std::string& why() const { return why_; }
  bool has(const char* file) const { return ::access((path_ + "/" + file).c_str(), F_OK) == 0; }
  bool write(const char* file, std::string_view text) const {
    const UniqueFd fd(::open((path_ + "/" + file).c_str(), O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }

 private:
  std::string path_;
  std::string why_;
  bool made_ = false;
};

bool ended_well(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool holds_process_v1(const Trial& trial) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(trial.write("tasks", "0") ? 0 : 1);
  return pid > 0 && ended_well(pid);
}

bool holds_process_v2(const Trial& trial) {
  const UniqueFd folder(::open(trial.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return false;
  UniqueFd pidfd;
  pid_t pid = clone_process(0, folder.get(), pidfd);
  if (pid == 0) ::_exit(0);
  if (pid < 0 && errno == ENOSYS) {
    pid = ::fork();
    if (pid == 0) ::_exit(trial.write("cgroup.procs", "0") ? 0 : 1);
  }
  return pid > 0 && ended_well(pid);
}

std::string trial_name() { return "/davit-probe-" + std::to_string(::getpid()); }

class Prober {
 public:
  CgroupProbe run() {
    const auto mounts = cgroup_mounts();
    if (!mounts) note(mounts.error().message);
    if (mounts) {
      for (const auto& mount : *mounts) {
        if (mount.v2) try_v2(mount);
      }
      const bool has_v2 = !out_.bases.empty();
      try_v1(*mounts, "memory");
      try_v1(*mounts, "pids");
      try_v1(*mounts, "cpu");
      try_v1(*mounts, "blkio");
      if (!has_v2) {
        try_v1(*mounts, "cpuacct");
        try_v1(*mounts, "freezer");
      }
    }
    tell_missing();
    return std::move(out_);
  }

 private:
  // The first reason is the telling one: the others are alike.
  void note(const std::string& why) {
    if (why_.empty()) why_ = why;
  }

  void try_v2(const CgroupMount& mount) {
    const std::string home = v2_home(mount.own);
    const Trial trial(home + trial_name());
    if (!trial) return note(trial.why());
    CgroupParent base{home, {}, true};
    for (const char* name : v2_controllers) {
      if (trial.write("cgroup.subtree_control", std::string("+") + name)) {
        base.controllers.emplace_back(name);
      }
    }
    const Trial leaf(trial.path() + "/leaf");
    if (!leaf || !holds_process_v2(leaf)) {
      return note(fmt::format("cgroup '{}' takes no process", leaf.path()));
    }
    out_.bases.parents.push_back(std::move(base));
  }

  void try_v1(const std::vector<CgroupMount>& mounts, const std::string& controller) {
    if (out_.bases.with(controller) != nullptr) return;
    for (const auto& mount : mounts) {
      const auto& list = mount.controllers;
      if (std::find(list.begin(), list.end(), controller) == list.end()) continue;
      // Our own group, whose limits then hold for dynos too; the top only where it is not shown.
      const bool shown = ::access(mount.own.c_str(), F_OK) == 0;
      const std::string base = shown ? mount.own : mount.top;
      const Trial trial(base + trial_name());
      if (!trial) return note(trial.why());
      // Only one scheduler of disks knows weights.
      if (controller == "blkio" && !trial.has("blkio.bfq.weight")) return;
      if (!holds_process_v1(trial)) {
        return note(fmt::format("cgroup '{}' takes no process", trial.path()));
      }
      out_.bases.parents.push_back({base, list, false});
      return;
    }
  }

  void tell_missing() {
    std::string lacking;
    for (const auto& [controller, meaning] :
         {std::pair{"memory", "memory"}, {"pids", "processes"}, {"cpu", "CPU shares"}}) {
      if (out_.bases.with(controller) == nullptr) {
        lacking += (lacking.empty() ? "" : ", ") + std::string(meaning);
      }
    }
    const char* how =
        ::geteuid() == 0
            ? "the host or container must show /sys/fs/cgroup writable"
            : "install Davit as a server (`sudo ./deploy/install`), or start it by `systemd-run "
              "--user --scope -p Delegate=yes ./deploy/try`";
    if (!lacking.empty()) {
      out_.missing.push_back(
          fmt::format("no cgroup limits on {} ({}), only rlimits and what is measured: {}", lacking,
                      why_.empty() ? "no such controller here" : why_, how));
    }
    const auto& parents = out_.bases.parents;
    const bool freezes = out_.bases.with("freezer") != nullptr ||
                         std::any_of(parents.begin(), parents.end(),
                                     [](const CgroupParent& parent) { return parent.v2; });
    if (!freezes) {
      out_.missing.push_back(fmt::format("idle dynos cannot be frozen, only stopped: {}", how));
    }
  }

  CgroupProbe out_;
  std::string why_;
};

}  // namespace

CgroupProbe probe_cgroups() { return Prober().run(); }

}  // namespace davit::dyno
