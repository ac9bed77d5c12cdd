#pragma once
#include <array>
#include <span>

#include "router/fast_random.hpp"
#include "router/limits.hpp"
#include "router/target.hpp"

// Which dyno gets a request. Pure: no sockets, no clock of its own.
namespace davit::router {

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

// Least in flight; of more than a few dynos the better of two random ones, which is as good and
// does not grow with their number. Leaves out who is quarantined or tried. nullptr: nobody is left.
const TargetPtr* choose_dyno(std::span<const TargetPtr> dynos, SteadyTime now, const Tried& tried,
                             FastRandom& random);

// When the first of them comes out of quarantine; `now` when one is free.
SteadyTime first_release(std::span<const TargetPtr> dynos, SteadyTime now);

}  // namespace davit::router
