#pragma once
#include <string>
#include <vector>

#include "dyno/protocol/network_abilities.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dynos {

struct HostLevel {
  dyno::Level level = dyno::Level::c;
  std::vector<std::string>
      missing;  // sentences: why the levels above are not to be had, and how to get them
  dyno::NetworkAbilities network;
};

// Runs `davit-dyno --probe`. Blocks, at most 30 s: before the io thread runs, or for `davit
// doctor`.
Result<HostLevel> probe_host(const std::string& program);

}  // namespace davit::dynos
