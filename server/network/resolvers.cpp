#include "server/network/resolvers.hpp"

#include <algorithm>

namespace davit::network {
namespace {

constexpr std::size_t nameservers_max = 3;  // as many as the C library asks (MAXNS)

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The line's value if it begins with this word.
std::string_view value_of(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return {};
  const auto rest = line.substr(word.size());
  return rest.starts_with(' ') || rest.starts_with('\t') ? trimmed(rest) : std::string_view();
}

void drop_unreachable(std::vector<Prefix>& nameservers) {
  std::erase_if(nameservers,
                [](const Prefix& address) { return address.loopback() || address.link_local(); });
}

std::string text_of(const ResolvConf& conf) {
  std::string text;
  for (const auto& nameserver : conf.nameservers) text += "nameserver " + nameserver.text() + "\n";
  for (const auto& line : conf.other_lines) text += line + "\n";
  return text;
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf conf;
  while (!text.empty()) {
    const auto line = trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), text.find('\n')));
    if (!text.empty()) text.remove_prefix(1);
    if (const auto address = value_of(line, "nameserver"); !address.empty()) {
      const auto parsed = Prefix::parse(address);  // one with a zone (fe80::1%eth0) is left out
      if (parsed && parsed->single() && conf.nameservers.size() < nameservers_max) {
        conf.nameservers.push_back(*parsed);
      }
    } else if (!value_of(line, "search").empty() || !value_of(line, "domain").empty() ||
               !value_of(line, "options").empty()) {
      conf.other_lines.emplace_back(line);
    }
  }
  return conf;
}

Resolvers choose_resolvers(const ResolverSources& sources) {
  ResolvConf conf = parse_resolv_conf(sources.host);
  if (!sources.wanted.empty()) conf.nameservers = sources.wanted;
  drop_unreachable(conf.nameservers);
  if (conf.nameservers.empty()) {
    conf.nameservers = parse_resolv_conf(sources.upstream).nameservers;
    drop_unreachable(conf.nameservers);
  }
  Resolvers resolvers;
  if (conf.nameservers.empty()) {
    resolvers.problem =
        "dynos cannot reach the host's name server, which listens on its loopback address alone; "
        "name another with `dns = [\"192.0.2.53\"]` under [network] in davit.toml";
    return resolvers;
  }
  resolvers.addresses = conf.nameservers;
  resolvers.resolv_conf = text_of(conf);
  return resolvers;
}

}  // namespace davit::network
