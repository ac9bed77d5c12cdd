#include "server/daemon/state_file.hpp"

#include <nlohmann/json.hpp>

#include "base/files.hpp"

namespace davit {

Result<> write_state_file(const Paths& paths, const RunningState& state) {
  const nlohmann::json json = {{"pid", state.pid},         {"router_pid", state.router_pid},
                               {"url", state.url},         {"api_url", state.api_url},
                               {"git_url", state.git_url}, {"domain", state.domain}};
  return write_file_atomic(paths.state_file(), json.dump(2) + "\n", 0600);
}

}  // namespace davit
