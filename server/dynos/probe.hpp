#pragma once
#include <optional>
#include <string>
#include <vector>

#include "dyno/protocol/network_abilities.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dynos {

struct HostLevel {
  dyno::Level level = dyno::Level::c;
  // Sentences: what is not to be had (levels above, limits, freezing), why, and how to get it.
  std::vector<std::string> missing;
  dyno::Cgroups cgroups;  // davit-dyno's own groups; see cgroup_home.hpp
  dyno::NetworkAbilities network;
};

// Runs `davit-dyno --probe`. Blocks, at most 30 s: before the io thread runs, or for `davit
// doctor`. `level`: taken as given, and only what is apart from it is probed.
Result<HostLevel> probe_host(const std::string& program,
                             std::optional<dyno::Level> level = std::nullopt);

}  // namespace davit::dynos
