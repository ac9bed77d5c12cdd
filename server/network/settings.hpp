#pragma once
#include <string>
#include <vector>

#include "server/network/prefix.hpp"
#include "server/network/rule.hpp"

namespace davit::network {

enum class Egress {
  automatic,  // as the host allows: veth and the packet filter, pasta, or the host's own network
  none,       // dynos reach nothing but themselves
};

enum class BuildNetwork {
  automatic,  // as dynos, where those reach the outside; else the host's
  shared,     // the host's
};

// [network] and [build] network of davit.toml, checked.
struct Settings {
  Egress egress = Egress::automatic;
  std::vector<Rule> allow;        // private or host addresses that dynos may reach all the same
  std::vector<Rule> deny;         // what they may not reach; wins over allow
  std::vector<Prefix> resolvers;  // single addresses; empty: the host's
  BuildNetwork builds = BuildNetwork::automatic;
};

}  // namespace davit::network
