#include "server/network/networks.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/run_blocking.hpp"
#include "server/network/host.hpp"
#include "server/network/limits.hpp"
#include "server/network/name_query.hpp"

namespace davit::network {
namespace {

constexpr std::size_t resolv_conf_bytes_max = 64 * 1024;
// In the dyno's own namespace: every dyno of level B has the same.
constexpr const char* pasta_address = "198.18.0.2";
constexpr const char* pasta_gateway = "198.18.0.1";

std::string text_of(const char* path) {
  auto text = read_file(path, resolv_conf_bytes_max);
  return text ? std::move(*text) : std::string();
}

Resolvers resolvers_of_host(std::vector<Prefix> wanted) {
  return choose_resolvers({text_of("/etc/resolv.conf"), text_of("/run/systemd/resolve/resolv.conf"),
                           std::move(wanted)});
}

const char* to_text(Uplink uplink) {
  switch (uplink) {
    case Uplink::none: return "none";
    case Uplink::veth: return "veth";
    case Uplink::pasta: return "pasta";
  }
  return "none";
}

}  // namespace

Networks::Networks(Services services, Config config)
    : services_(services), config_(std::move(config)) {}

Task<> Networks::start() {
  Facts facts;
  facts.level = services_.launcher.level();
  facts.abilities = abilities_ = services_.launcher.network();
  co_await look_at_host(facts);
  plan_ = make_plan(config_.settings, facts);
  if (plan_.uplink != Uplink::none) {
    facts.nat = co_await try_nat(facts);
    plan_ = make_plan(config_.settings, facts);
  }
  for (const auto& missing : plan_.missing) {
    log::warning("network", {{"missing", missing.what}, {"fix", missing.fix}});
  }
  log::info("network of dynos", {{"isolated", plan_.dynos_isolated},
                                 {"uplink", to_text(plan_.uplink)},
                                 {"filtered", plan_.filtered}});
}

// Only what the plan will ask for: nothing is switched on that no dyno uses.
Task<> Networks::look_at_host(Facts& facts) {
  if (!abilities_.isolated.works || config_.settings.egress == Egress::none) co_return;
  auto job = [wanted = config_.settings.resolvers] { return resolvers_of_host(wanted); };
  resolvers_ = co_await run_blocking(services_.workers, std::move(job));
  facts.resolver_problem = resolvers_.problem;
  mtu_ = uplink_mtu();
  if (facts.level == dyno::Level::a && abilities_.veth.works) co_await claim_firewall(facts);
}

Policy Networks::policy() const {
  return {config_.settings.allow, config_.settings.deny, resolvers_.addresses,
          config_.public_ports};
}

Task<> Networks::claim_firewall(Facts& facts) {
  HostFirewall::Rules rules{policy(), forwards_v6()};
  auto claim = [rules = std::move(rules), data = config_.data]() -> Result<HostFirewall> {
    auto nft = Nft::find();
    if (!nft) return std::move(nft).error();
    return HostFirewall::claim(std::move(*nft), owner_of(data), rules);
  };
  auto claimed = co_await run_blocking(services_.workers, std::move(claim));
  if (!claimed) {
    facts.firewall_problem = claimed.error().message;
    co_return;
  }
  firewall_.emplace(std::move(*claimed));
  watch_table();
  next_index_ = static_cast<std::uint32_t>(services_.random.below(AddressRange::size));
  const auto forwarding = enable_forwarding();
  if (!forwarding) {
    facts.forwarding_problem = forwarding.error().message;
  } else if (*forwarding) {
    log::info("the host forwards IPv4 from now on (net.ipv4.ip_forward)");
  }
}

// From the first moment on, so that no removal is missed.
void Networks::watch_table() {
  auto watch = TableWatch::open(services_.executor);
  if (watch) {
    watch_.emplace(std::move(*watch));
  } else {
    log::warning("nobody tells when the packet filter is removed",
                 {{"error", watch.error().message}});
  }
}

TrialHost Networks::trial_host() const {
  return {services_.launcher, services_.random, config_.scratch};
}

Task<Nat> Networks::try_nat(const Facts& facts) {
  if (facts.abilities.isolated.works && !resolvers_.addresses.empty()) {
    const Prefix resolver = resolvers_.addresses.front();
    auto ask = [resolver] { return host_gets_answer(resolver); };
    const bool host = co_await run_blocking(services_.workers, std::move(ask));
    if (!host) co_return Nat::unknown;
    Trial trial{isolated(plan_.uplink), name_query_script(resolver)};
    auto outcome = co_await run_trial(trial_host(), std::move(trial));
    if (outcome && outcome->code == 0) co_return Nat::works;
    log::warning("a dyno's question to the name server got no answer",
                 {{"why", outcome ? outcome->output : outcome.error().message}});
    co_return Nat::broken;
  }
  co_return Nat::unknown;
}

Task<> Networks::guard() {
  if (!watch_) co_return;
  asio::steady_timer pause(services_.executor);
  for (;;) {
    co_await watch_->deletion();
    pause.expires_after(limits::restore_delay);
    co_await pause.async_wait(asio::use_awaitable);
    auto restore = [this] { return firewall_->restore(); };
    const auto restored = co_await run_blocking(services_.workers, std::move(restore));
    if (!restored) {
      log::error("the packet filter was removed and cannot be put back: dynos have no network",
                 {{"error", restored.error().message}});
    } else if (*restored) {
      log::warning("somebody removed the packet filter of dynos: it is back");
    }
  }
}

void Networks::stop() {
  if (!firewall_) return;
  const auto removed = firewall_->remove_unless_used();
  if (!removed) log::warning("packet filter not removed", {{"error", removed.error().message}});
}

dyno::VethUplink Networks::next_veth() {
  const AddressRange& range = firewall_->range();
  constexpr std::uint32_t usable = AddressRange::last_index - AddressRange::first_index + 1;
  // By turns, so that an address is not used again soon; a device that exists is a dyno that runs,
  // also one of an earlier davitd.
  for (std::uint32_t tries = 0; tries < usable; ++tries) {
    next_index_ = (next_index_ + 1) % usable;
    if (!device_exists(range.device(AddressRange::first_index + next_index_))) break;
  }
  const std::uint32_t index = AddressRange::first_index + next_index_;
  dyno::VethUplink veth;
  veth.device = range.device(index);
  veth.address = range.address(index);
  veth.gateway = range.gateway();
  veth.mtu = mtu_;
  if (firewall_->v6()) {
    veth.address6 = range.address6(index);
    veth.gateway6 = range.gateway6();
  }
  return veth;
}

dyno::Network Networks::isolated(Uplink uplink) {
  dyno::Network network;
  network.mode = dyno::NetworkMode::isolated;
  network.door_group = config_.door_group;
  network.resolv_conf = resolvers_.resolv_conf;
  if (uplink == Uplink::veth) network.veth = next_veth();
  if (uplink == Uplink::pasta) {
    network.pasta.emplace().program = abilities_.pasta.program;
    if (abilities_.filter.works) {
      network.pasta->address = pasta_address;
      network.pasta->gateway = pasta_gateway;
      network.filter = {abilities_.filter.program, dyno_ruleset(policy(), host_addresses())};
    }
  }
  return network;
}

dyno::Network Networks::for_dyno() {
  return plan_.dynos_isolated ? isolated(plan_.uplink) : dyno::Network();
}

dyno::Network Networks::for_build() {
  return plan_.builds_isolated ? isolated(plan_.uplink) : dyno::Network();
}

void remove_leftovers(const std::string& data) {
  const auto nft = Nft::find();
  if (!nft || ::geteuid() != 0) return;
  const auto removed = remove_unused_table(*nft, owner_of(data));
  if (!removed) log::warning("packet filter not removed", {{"error", removed.error().message}});
}

}  // namespace davit::network
