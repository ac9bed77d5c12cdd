#include <netinet/in.h>
#include <sys/socket.h>

#include "base/unique_fd.hpp"
#include "server/network/host.hpp"
#include "server/network/networks.hpp"

namespace davit::network {
namespace {

// A service of the host that only the host should reach, for as long as this lives.
struct LoopbackService {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port = 0;

  LoopbackService() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool listens = fd && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                         ::listen(fd.get(), 8) == 0 &&
                         ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (listens) port = ntohs(address.sin_port);
  }
};

constexpr std::uint16_t closed_port = 1;  // tcpmux: nobody has it, and whoever is reached says so
constexpr std::uint16_t http_port = 80;

std::optional<Prefix> first_v4(const std::vector<Prefix>& addresses) {
  for (const auto& address : addresses) {
    if (!address.v6()) return address;
  }
  return std::nullopt;
}

}  // namespace

Task<std::vector<Check>> Networks::examine() {
  std::vector<Check> checks = judge(plan_);
  // Nothing is kept apart there, which the plan has said.
  if (services_.launcher.level() == dyno::Level::c) co_return checks;
  const LoopbackService service;
  Examination examination;
  examination.hidden_path = config_.api_socket;
  examination.resolvers = resolvers_.addresses;
  examination.shares_host = !plan_.dynos_isolated;
  auto& targets = examination.targets;
  targets.push_back({"host-loopback", "a dyno does not reach the host's loopback services",
                     "127.0.0.1", service.port, true});
  targets.push_back({"metadata", "a dyno does not reach a cloud's metadata service",
                     "169.254.169.254", http_port, false});
  if (const auto address = first_v4(host_addresses())) {
    // Without a filter pasta gives the dyno this very address.
    const bool own = plan_.uplink == Uplink::pasta && !plan_.filtered;
    targets.push_back({"host", "a dyno does not reach the host's own address", address->text(),
                       closed_port, own});
  }
  // Dynos of pasta share no network at all.
  Trial neighbour{for_dyno(), "sleep 60"};
  const std::string address = neighbour.network.veth ? neighbour.network.veth->address : "";
  TrialDyno beside;
  if (!address.empty()) {
    auto started = co_await start_trial(trial_host(), std::move(neighbour));
    if (started) beside = std::move(*started);
    targets.push_back(
        {"neighbour", "a dyno does not reach another dyno", address, app_port, false});
  }
  Trial trial{for_dyno(), script_of(examination)};
  auto outcome = co_await run_trial(trial_host(), std::move(trial));
  if (beside) co_await end_trial(std::move(beside));
  if (!outcome) {
    checks.push_back({"a trial dyno runs", false, outcome.error().message,
                      "davitd's log and `davit-dyno --probe` tell more"});
    co_return checks;
  }
  auto judged = judge(examination, outcome->output);
  checks.insert(checks.end(), std::make_move_iterator(judged.begin()),
                std::make_move_iterator(judged.end()));
  co_return checks;
}

}  // namespace davit::network
