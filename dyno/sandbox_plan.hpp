#pragma once
#include <string>
#include <vector>

#include "dyno/credentials.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dyno {

// What both sides of the clone know.
struct SandboxPlan {
  const Spec& spec;
  Level level;
  Identity who;  // inside; the same number outside unless the outside is root in a user namespace
  std::string mount_point;  // below scratch: where the new root is put together
};

// Things done in a lesser way, for people.
using Notes = std::vector<std::string>;

inline std::string layer_path(const Spec& spec, std::size_t mount_index) {
  return spec.scratch + "/layer-" + std::to_string(mount_index);
}

}  // namespace davit::dyno
