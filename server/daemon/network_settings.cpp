#include "server/daemon/network_settings.hpp"

#include "base/encoding.hpp"

namespace davit {
namespace {

Result<std::vector<network::Rule>> rules(const char* key, const std::vector<std::string>& texts) {
  std::vector<network::Rule> list;
  for (const auto& text : texts) {
    auto rule = network::Rule::parse(text);
    if (!rule) return fail(Errc::invalid_argument, "network.{}: {}", key, rule.error().message);
    list.push_back(*rule);
  }
  return list;
}

Result<std::vector<network::Prefix>> name_servers(const std::vector<std::string>& texts) {
  std::vector<network::Prefix> list;
  for (const auto& text : texts) {
    const auto address = network::Prefix::parse(text);
    if (!address || !address->single() || address->loopback() || address->link_local()) {
      return fail(Errc::invalid_argument,
                  "network.dns: '{}' is no address that a dyno could reach, like 192.0.2.53",
                  printable(text, 60));
    }
    list.push_back(*address);
  }
  return list;
}

}  // namespace

Result<network::Settings> network_settings(const config::ConfigFile& file) {
  network::Settings settings;
  const auto& section = file.network;
  auto allow = rules("allow", section.allow);
  if (!allow) return std::move(allow).error();
  auto deny = rules("deny", section.deny);
  if (!deny) return std::move(deny).error();
  auto dns = name_servers(section.dns);
  if (!dns) return std::move(dns).error();
  settings.allow = std::move(*allow);
  settings.deny = std::move(*deny);
  settings.resolvers = std::move(*dns);
  using SectionEgress = config::NetworkSection::Egress;
  settings.egress =
      section.egress == SectionEgress::none ? network::Egress::none : network::Egress::automatic;
  settings.builds = file.build.share_host_network ? network::BuildNetwork::shared
                                                  : network::BuildNetwork::automatic;
  return settings;
}

}  // namespace davit
