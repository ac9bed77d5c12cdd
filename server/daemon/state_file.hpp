#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "server/paths.hpp"

namespace davit {

// <run>/davitd.json, 0600: where this davitd is to be found; for deploy/try and other scripts.
struct RunningState {
  int pid = 0;
  int router_pid = 0;
  std::string url;
  std::string api_url;
  std::string git_url;
  std::string domain;
};

Result<> write_state_file(const Paths& paths, const RunningState& state);

}  // namespace davit
