#pragma once
#include <deque>
#include <map>
#include <memory>

#include "base/condition.hpp"
#include "base/ids.hpp"
#include "base/output_sink.hpp"
#include "server/git/deployer.hpp"

namespace davit::release {

// One change of an app at a time; the others wait in order. io thread only; outlives every turn it
// gave.
class Turns {
 public:
  explicit Turns(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // Tells `progress` when it has to wait (may be null). Cancellable. limit_exceeded when too many
  // wait already.
  Task<Result<std::unique_ptr<git::DeployTurn>>> take(AppId app, OutputSink* progress);
  bool busy(const AppId& app) const { return queues_.contains(app); }

 private:
  struct Queue;
  class Turn;
  asio::any_io_executor executor_;
  std::map<AppId, std::shared_ptr<Queue>> queues_;
};

}  // namespace davit::release
