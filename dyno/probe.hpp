#pragma once
#include <optional>
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
// folder. `wanted`: that level and no other, which is taken to work.
ProbeResult probe(std::optional<Level> wanted = std::nullopt);

}  // namespace davit::dyno
