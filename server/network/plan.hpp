#pragma once
#include <string>
#include <vector>

#include "dyno/protocol/network_abilities.hpp"
#include "dyno/protocol/spec.hpp"
#include "server/network/settings.hpp"

namespace davit::network {

// How dynos reach the outside.
enum class Uplink { none, veth, pasta };

// Do packets of a dyno come back? Asked by a question to the host's name server.
enum class Nat {
  unknown,  // the host itself gets no answer: nothing to compare with
  works,
  broken,
};

// What was found out about this host.
struct Facts {
  dyno::Level level = dyno::Level::c;
  dyno::NetworkAbilities abilities;
  std::string firewall_problem;    // level A: why the packet filter is not to be had; empty: it is
  std::string forwarding_problem;  // level A: why the host does not forward
  std::string resolver_problem;    // whom dynos could ask for names
  Nat nat = Nat::unknown;
};

// Something lesser than it could be, and what to do about it. Sentences for people.
struct Shortcoming {
  std::string what;
  std::string fix;
  friend bool operator==(const Shortcoming&, const Shortcoming&) = default;
};

struct Plan {
  bool dynos_isolated = false;
  bool builds_isolated = false;
  Uplink uplink = Uplink::none;  // of whoever is isolated
  bool filtered = false;         // private networks and the host are denied
  std::vector<Shortcoming> missing;
};

// Which network dynos and builds get here. A dyno without a way out would be broken, so where none
// can be made, and the admin did not ask for it, dynos share the host's network.
Plan make_plan(const Settings& settings, const Facts& facts);

}  // namespace davit::network
