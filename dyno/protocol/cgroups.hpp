#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace davit::dyno {

// A folder of a cgroup file system below which dynos get groups of their own, `<folder>/<dyno id>`.
struct CgroupParent {
  std::string folder;  // absolute. In a spec: made by the first dyno, removed by the last
  std::vector<std::string> controllers;  // memory, pids, cpu, cpuacct, io, freezer
  bool v2 = false;  // a v2 tree without controllers limits nothing, but still kills and freezes

  bool operator==(const CgroupParent&) const = default;
};

// All hierarchies that a dyno is put into. Empty: the host has none, and a dyno's limits are
// rlimits and what davit-dyno measures.
struct Cgroups {
  std::vector<CgroupParent> parents;

  bool empty() const { return parents.empty(); }
  // The hierarchy that has this controller; null where none has.
  const CgroupParent* with(std::string_view controller) const;
  // The same hierarchies, `name` below each: a folder for the dynos of one davitd.
  Cgroups below(const std::string& name) const;

  static Result<Cgroups> from_json(const nlohmann::json& json);  // errors name the field
  nlohmann::json to_json() const;
};

// Where v2 controllers are shared out among dynos, their parent group may hold no process: davitd
// moves into this one beside them (server/dynos/cgroup_home.hpp, systemd's DelegateSubgroup=).
inline constexpr std::string_view cgroup_of_daemon = "davit-daemon";
// A systemd unit beside davitd's that holds the dynos' groups. A unit whose group shares
// controllers out cannot be started again while dynos live in it (systemd before 254).
inline constexpr std::string_view unit_of_dynos = "davit-dynos.service";

// The v2 group below which dynos get theirs, for a process of davitd whose own group is `own`.
std::string v2_home(const std::string& own);

}  // namespace davit::dyno
