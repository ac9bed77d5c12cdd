#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dyno {

// The control groups of one dyno: one in each hierarchy of Spec::cgroups, removed with this object.
// Where the host has none it is empty, and every call does nothing and says so.
class Cgroup {
 public:
  Cgroup() = default;
  // Makes the groups and writes the limits into them. Errors name the file that refused.
  static Result<Cgroup> make(const Spec& spec);
  Cgroup(Cgroup&&) = default;
  Cgroup& operator=(Cgroup&& other) noexcept;
  // Waits for the last process's last moment where it must (100 ms at most).
  ~Cgroup();

  // A v2 group for CLONE_INTO_CGROUP; -1: none.
  int clone_into() const;
  // In the new process, first of all: into the v1 groups. A single thread that moves itself costs
  // microseconds; moving another process waits for a grace period of the whole kernel (13 ms
  // measured).
  Result<> join() const;
  // Where clone3(2) is refused: `pid` into the v2 group, before it runs anything.
  Result<> take_in(pid_t pid) const;

  bool empty() const { return groups_.empty(); }
  bool has(std::string_view controller) const { return group(controller) != nullptr; }
  bool is_v2(std::string_view controller) const;
  // The whole text of a small file in the group that has the controller; "" where there is none.
  std::string read(std::string_view controller, const char* file) const;
  // The same of the v2 group, whatever its controllers.
  std::string read_v2(const char* file) const;
  UniqueFd open(std::string_view controller, const char* file, int flags) const;

  bool kill() const;       // every process at once; false: there is no cgroup.kill here
  bool populated() const;  // some process is left, as far as a v2 group tells
  int events_fd() const {
    return events_.get();
  }  // POLLPRI: populated() or frozen() changed; -1: none
  // Begins to stop or resume every process. false: this host cannot.
  bool freeze(bool on) const;
  bool frozen() const;  // all of them stand still by now

  // True once no group is left; the kernel keeps one for a moment after its last process.
  bool remove();

 private:
  struct Group {
    std::string path;
    std::string parent;
    std::vector<std::string> controllers;
    bool v2 = false;
    UniqueFd folder;
    UniqueFd tasks;  // v1; opened while we may
  };
  Result<> add(const CgroupParent& parent, const std::string& id);
  const Group* group(std::string_view controller) const;
  const Group* v2_group() const;

  std::vector<Group> groups_;
  UniqueFd events_;
};

inline constexpr std::uint32_t kernel_weight = 100;  // what a group has before anybody writes

// limits.cpp
Result<> write_limits(const Cgroup& cgroup, const Limits& limits);
// The most memory that a dyno with this quota may hold before the kernel kills it, without and with
// swap.
std::uint64_t memory_ceiling(std::uint64_t quota);
std::uint64_t memory_and_swap_ceiling(std::uint64_t quota);

}  // namespace davit::dyno
