#include "server/daemon/room_checks.hpp"

namespace davit {

Task<std::vector<api::Check>> check_networks(network::Networks& networks) {
  auto found = co_await networks.examine();
  std::vector<api::Check> checks;
  for (auto& check : found) {
    checks.push_back(
        {"network: " + check.check, check.ok, std::move(check.detail), std::move(check.fix)});
  }
  co_return checks;
}

Task<std::vector<api::Check>> check_leftovers(inspection::Inspector::Report report) {
  std::vector<api::Check> checks;
  api::Check check{"leftovers", report.remaining.empty(), {}, {}};
  if (check.ok) {
    check.detail = fmt::format("none; {} removed since davitd's start", report.repaired);
    checks.push_back(std::move(check));
  }
  for (const auto& text : report.remaining) {
    checks.push_back({"leftovers", false, text,
                      "remove it by hand; davitd tries again every minute, its log has more"});
  }
  co_return checks;
}

}  // namespace davit
