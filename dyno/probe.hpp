#pragma once
#include <string>
#include <vector>

#include "dyno/protocol/network_abilities.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dyno {

struct ProbeResult {
  Level level = Level::c;
  std::vector<std::string> missing;  // why the levels above are not to be had, and how to get them
  NetworkAbilities network;          // at this level
};

// Really makes a sandbox of each level, best first, with a small command in it, in a temporary
// folder.
ProbeResult probe();

}  // namespace davit::dyno
