#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace davit::dyno {

// Something that the host lets dynos have, found by trying.
struct Ability {
  bool works = false;
  std::string why;      // why not; a clause: "clone: Operation not permitted"
  std::string program;  // what does it, where that is a program
};

// A part of what `davit-dyno --probe` prints: how far a dyno's network can be its own.
struct NetworkAbilities {
  Ability isolated;  // a network namespace
  Ability veth;      // level A: a device pair to the host
  Ability pasta;     // level B
  Ability filter;    // level B: nft inside the namespace

  static Result<NetworkAbilities> from_json(const nlohmann::json& json);
  nlohmann::json to_json() const;
};

}  // namespace davit::dyno
