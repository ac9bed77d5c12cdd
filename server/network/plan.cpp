#include "server/network/plan.hpp"

namespace davit::network {
namespace {

constexpr const char* lost_by_sharing =
    "dynos share the host's network: each is reachable on a port of the host, sees the host's "
    "loopback services and may reach private addresses";

std::string because(const std::string& why) {
  return why.empty() ? lost_by_sharing : std::string(lost_by_sharing) + " (" + why + ")";
}

// Why isolated dynos could not reach the outside; `what` is empty when they can.
Shortcoming obstacle_at_a(const Facts& facts) {
  if (!facts.abilities.veth.works) {
    return {"virtual network devices: " + facts.abilities.veth.why,
            "a kernel with the veth driver; in a container, give it CAP_NET_ADMIN"};
  }
  if (!facts.firewall_problem.empty()) {
    return {facts.firewall_problem,
            "install nftables, and let davitd run as root of the host's network"};
  }
  if (!facts.forwarding_problem.empty()) {
    return {facts.forwarding_problem, "`sysctl -w net.ipv4.ip_forward=1`"};
  }
  return {};
}

Shortcoming obstacle_at_b(const Facts& facts) {
  if (facts.abilities.pasta.works) return {};
  const bool installed = !facts.abilities.pasta.program.empty();
  return {facts.abilities.pasta.why,
          installed ? "pasta needs /dev/net/tun, open to all users" : "`apt install passt`"};
}

Shortcoming obstacle(const Facts& facts) {
  auto found = facts.level == dyno::Level::a ? obstacle_at_a(facts) : obstacle_at_b(facts);
  if (!found.what.empty()) return found;
  if (!facts.resolver_problem.empty()) return {facts.resolver_problem, "see there"};
  if (facts.nat == Nat::broken) {
    return {
        "the host's name server answers the host but not a dyno: another packet filter drops "
        "what is forwarded",
        "let that one accept what comes from and goes to the devices dv*; with ufw: "
        "DEFAULT_FORWARD_POLICY=\"ACCEPT\" in /etc/default/ufw, then `ufw reload`; with Docker: "
        "`iptables -I DOCKER-USER -i dv+ -j ACCEPT` and the same with -o"};
  }
  return {};
}

}  // namespace

Plan make_plan(const Settings& settings, const Facts& facts) {
  Plan plan;
  if (!facts.abilities.isolated.works) {
    const auto& why = facts.abilities.isolated.why;
    plan.missing.push_back({because(why.empty() ? "level C has no network namespaces" : why),
                            "let the kernel give network namespaces to davitd's user"});
    return plan;
  }
  if (settings.egress == Egress::none) {
    plan.dynos_isolated = true;
    return plan;
  }
  if (auto why = obstacle(facts); !why.what.empty()) {
    plan.missing.push_back({because(why.what), std::move(why.fix)});
    return plan;
  }
  plan.dynos_isolated = true;
  plan.builds_isolated = settings.builds == BuildNetwork::automatic;
  plan.uplink = facts.level == dyno::Level::a ? Uplink::veth : Uplink::pasta;
  plan.filtered = facts.level == dyno::Level::a || facts.abilities.filter.works;
  if (!plan.filtered) {
    plan.missing.push_back({"dynos may reach private addresses and a cloud's metadata service (" +
                                facts.abilities.filter.why + ")",
                            "`apt install nftables`"});
  }
  return plan;
}

}  // namespace davit::network
