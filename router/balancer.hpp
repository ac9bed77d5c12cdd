#pragma once
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router/fast_random.hpp"
#include "router/limits.hpp"
#include "router/protocol/table.hpp"
#include "router/target.hpp"

// Which dyno gets a request. Pure: no sockets, no clock of its own. Any thread.
namespace davit::router {

struct Wish;

// The dynos that one request has tried already.
class Tried {
 public:
  void add(const Target& target) {
    if (count_ < targets_.size()) targets_[count_++] = &target;
  }
  bool contains(const Target& target) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (targets_[i] == &target) return true;
    }
    return false;
  }
  int count() const { return static_cast<int>(count_); }
  void clear() { count_ = 0; }

 private:
  std::array<const Target*, limits::connect_tries_max> targets_{};
  std::size_t count_ = 0;
};

// An app's dynos and how requests are shared among them. Immutable.
class DynoSet {
 public:
  struct Rules {
    Policy policy = Policy::least;
    std::uint32_t concurrency = limits::requests_per_dyno;  // requests in flight on each dyno
  };
  struct Member {
    TargetPtr target;
    std::uint32_t weight = default_weight;
    std::string token{};  // what an affinity cookie calls it; empty: nothing
  };
  DynoSet() = default;
  DynoSet(std::vector<Member> members, Rules rules);

  // Those of one weight are beside each other.
  std::span<const TargetPtr> all() const { return dynos_; }
  const Rules& rules() const { return rules_; }
  bool empty() const { return dynos_.empty(); }
  std::uint32_t weight_of(std::size_t index) const;      // of all()[index]
  const Target* by_token(std::string_view token) const;  // nullptr: none of these
  std::string_view token_of(const Target& target) const;

 private:
  friend const TargetPtr* choose_dyno(const DynoSet& dynos, const Wish& wish);
  struct Group {
    std::uint32_t begin = 0;
    std::uint32_t count = 0;
    std::uint32_t weight = default_weight;  // of each
    std::uint64_t weight_until = 0;         // summed up from the first group on
  };
  std::vector<TargetPtr> dynos_;
  std::vector<std::string> tokens_;  // of each of them; none without affinity
  std::vector<Group> groups_;        // none where all have the usual weight
  Rules rules_;
};

// What one request asks for.
struct Wish {
  SteadyTime now;
  const Tried& tried;
  FastRandom& random;
  std::uint32_t turn = 0;        // of the app's requests; for round robin
  const Target* only = nullptr;  // no other will do
};

// Which of those that have a place free. Leaves out who is quarantined or tried. nullptr: nobody.
//   least: the fewest requests in flight, then the fewest tunnels; of more than a few dynos the
//     better of two random ones, which is nearly as good and does not grow with their number.
//   round_robin, random: as they say, passing over who is full.
// Where weights differ, first a weight is drawn in proportion, then one of its dynos: so the share
// of a canary holds also when nobody has anything to do.
const TargetPtr* choose_dyno(const DynoSet& dynos, const Wish& wish);

// When the first of them comes out of quarantine; `now` when one is free.
SteadyTime first_release(std::span<const TargetPtr> dynos, SteadyTime now);

}  // namespace davit::router
