#include "server/daemon/network_checks.hpp"

namespace davit {

Task<std::vector<api::Check>> check_networks(network::Networks& networks) {
  auto found = co_await networks.examine();
  std::vector<api::Check> checks;
  for (auto& check : found) {
    checks.push_back({"network: " + check.check, check.ok, std::move(check.detail), std::move(check.fix)});
  }
  co_return checks;
}

}  // namespace davit
