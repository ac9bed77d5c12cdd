#pragma once
#include <list>
#include <memory>
#include <string>

#include "base/async.hpp"

namespace davit {

// Owns coroutines, so that none is forgotten: the owner cancels and joins before what they use goes
// away. An exception that leaves a task is logged with the task's name. io thread only.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  ~TaskGroup();  // programmer error unless empty
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(std::string name, Task<> task);
  void cancel();  // asks every task to stop (terminal cancellation); later spawns are refused
  Task<> join();  // returns when the last task has ended
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace davit
