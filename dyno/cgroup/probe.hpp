#pragma once
#include <string>
#include <vector>

#include "dyno/protocol/cgroups.hpp"

namespace davit::dyno {

struct CgroupProbe {
  // Our own group in each hierarchy that dynos can be limited, killed or frozen by.
  Cgroups bases;
  std::vector<std::string> missing;  // sentences: what dynos go without, why, and how to get it
};

// Really makes a group in each hierarchy, puts a process into it and removes it again. v2 is taken
// first, v1 for the controllers that v2 does not have here.
CgroupProbe probe_cgroups();

}  // namespace davit::dyno
