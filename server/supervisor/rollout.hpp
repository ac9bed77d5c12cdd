#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::supervisor {

// A number of dynos, or a share of them: "2", "25%". Pure.
struct Share {
  std::uint32_t value = 0;
  bool percent = false;

  // errors name `field` and show the two forms
  static Result<Share> parse(std::string_view field, std::string_view text);
  std::string str() const;
  std::uint32_t of(std::uint32_t quantity, bool round_up) const;
};

// How a type's dynos are replaced by a release, a restart or another size.
//   max_surge        how many slots may have two dynos at once, the old one's last seconds included
//   max_unavailable  how many slots may be without a dyno that is up
// Defaults. web: 100% and 0: everything new beside everything old, then one switch. Other types:
// 100% and 100%: the old one is stopped as its successor starts. With max_surge 0 two dynos of one
// name never run at the same time.
struct Rollout {
  Share surge;
  Share unavailable;

  std::uint32_t surge_of(std::uint32_t quantity) const { return surge.of(quantity, true); }
  std::uint32_t unavailable_of(std::uint32_t quantity) const {
    return unavailable.of(quantity, false);
  }

  // From what the store keeps; empty: the type's default. invalid_argument also where both are 0:
  // nothing could ever be replaced.
  static Result<Rollout> parse(const ProcessType& type, std::string_view max_surge,
                               std::string_view max_unavailable);
};

}  // namespace davit::supervisor
