#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/child_reaper.hpp"
#include "base/process.hpp"
#include "router/protocol/messages.hpp"
#include "server/routing/router_config.hpp"

namespace davit::routing {

// The davit-router that davitd starts where nobody else does. It outlives us. io thread only.
class RouterProcess {
 public:
  RouterProcess(asio::any_io_executor executor, const RouterConfig& config);

  bool is_ours() const { return !config_.program.empty(); }  // else systemd's
  enum class Start { first, heir };
  // Nothing where one that we started is still on its way up; an heir always.
  Result<> spawn(Start start);
  // Reaps the one that we started; true where it has ended.
  bool ended();
  bool was_started() const { return child_.has_value(); }
  // Of the one that runs: of another program than the installed one, or without a port that it
  // should have.
  bool is_outdated(const router::Hello& running) const;
  // One that is started again must be found where the first one was, also when the system chose the
  // port.
  void keep_ports(const router::Hello& hello);
  bool has_https() const { return !https_listen_.empty(); }
  std::string addresses() const;

 private:
  const RouterConfig& config_;
  std::vector<std::string> listen_;
  std::vector<std::string> https_listen_;
  std::optional<Process> child_;
  ChildReaper reaper_;  // of those that were replaced
};

}  // namespace davit::routing
