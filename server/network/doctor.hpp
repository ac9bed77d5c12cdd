#pragma once
#include <string>
#include <vector>

#include "server/network/plan.hpp"

namespace davit::network {

// One line of `davit doctor`.
struct Check {
  std::string check;  // "a dyno does not reach the host's loopback services"
  bool ok = false;
  std::string detail;  // what was seen
  std::string fix;     // empty when ok
  friend bool operator==(const Check&, const Check&) = default;
};

// Something that a dyno must not reach.
struct Target {
  std::string name;   // one word, for the script's output
  std::string check;  // what is proved
  std::string host;
  std::uint16_t port = 0;
  // Who refuses a connection answers, so it was reached; but on an address that the dyno has itself
  // it is the dyno that refuses.
  bool own_address = false;
};

// What a dyno tries.
struct Examination {
  std::vector<Target> targets;
  std::string hidden_path;        // not to be seen
  bool shares_host = false;       // as the plan says: what is reached is no surprise
  std::vector<Prefix> resolvers;  // to be reached; the first is asked
};

// A bash script that prints one line for each try: "NAME WHAT HAPPENED". Pure.
std::string script_of(const Examination& examination);
// What the lines mean. Pure.
std::vector<Check> judge(const Examination& examination, const std::string& output);
// The plan's shortcomings, or that there are none. Pure.
std::vector<Check> judge(const Plan& plan);

}  // namespace davit::network
