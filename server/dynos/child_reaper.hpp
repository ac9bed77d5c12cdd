#pragma once
#include <memory>

#include "base/async.hpp"
#include "base/process.hpp"

namespace davit::dynos {

// Reaps launchers when they end, whoever watches their dynos by then. io thread only. Destruction
// forgets them: what still runs is a formation dyno that outlives davitd.
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

}  // namespace davit::dynos
