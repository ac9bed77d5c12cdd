#pragma once
#include <memory>

#include "base/async.hpp"
#include "base/process.hpp"

namespace davit {

// Reaps children that nobody waits for when they end. io thread only. Destruction forgets them:
// what still runs is meant to outlive us.
class ChildReaper {
 public:
  explicit ChildReaper(asio::any_io_executor executor);
  ~ChildReaper();
  ChildReaper(const ChildReaper&) = delete;
  ChildReaper& operator=(const ChildReaper&) = delete;

  void watch(Process process);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace davit
