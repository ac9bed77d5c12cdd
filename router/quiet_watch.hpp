#pragma once
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "router/route_table.hpp"

namespace davit::router {

// Finds out which apps have had nothing to do for as long as their owners gave them. Looks at
// counts from time to time, so that requests pay nothing for it. Pure; io thread only.
class QuietWatch {
 public:
  // Apps that have become quiet since the last look. An app is told again within a minute:
  // whoever hears of it may have had other things to do.
  std::vector<std::string> look(const Routes& routes, SteadyTime now);
  void tell_again();  // somebody new listens
  static constexpr std::chrono::milliseconds told_again_min{5'000};
  static constexpr std::chrono::milliseconds told_again_max{60'000};

 private:
  struct Seen {
    // Of all its dynos. One that left the table and came back counts anew, and is known by its
    // table.
    std::uint64_t requests = 0;
    std::uint64_t tables = 0;
    SteadyTime since;  // when this was seen first, or when it was last busy
    std::optional<SteadyTime> told;
  };
  std::unordered_map<std::string, Seen> apps_;
};

}  // namespace davit::router
