#include "server/network/ruleset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace davit::network {
namespace {

// RFC 6890 and its like: what is no internet. A cloud's metadata service is in the link-local part.
// Addresses for documentation are not here: they lead nowhere, and laboratories use them.
constexpr const char* not_internet4[] = {"0.0.0.0/8",    "10.0.0.0/8",     "100.64.0.0/10",
                                         "127.0.0.0/8",  "169.254.0.0/16", "172.16.0.0/12",
                                         "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15",
                                         "224.0.0.0/4",  "240.0.0.0/4"};
// Unspecified and loopback, IPv4 inside IPv6 (mapped, 6to4, a local NAT64), unique local,
// link-local, the former site-local, multicast.
constexpr const char* not_internet6[] = {"::/127",   "::ffff:0:0/96", "64:ff9b:1::/48", "2002::/16",
                                         "fc00::/7", "fe80::/10",     "fec0::/10",      "ff00::/8"};

constexpr const char* refuse = "reject with icmpx admin-prohibited";
// Without it nobody finds the other end of an IPv6 link.
constexpr const char* neighbours = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept";
constexpr const char* replies = "ct state established,related accept";

class Text {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> text, Args&&... args) {
    out_ += "  ";
    fmt::format_to(std::back_inserter(out_), text, std::forward<Args>(args)...);
    out_ += '\n';
  }
  void open(std::string_view head) { out_ += fmt::format("{} {{\n", head); }
  void close() { out_ += "}\n"; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

const char* family_of(const Prefix& prefix) { return prefix.v6() ? "ip6" : "ip"; }

std::string ports_of(const Rule& rule) {
  const char* protocol = rule.protocol == Protocol::tcp   ? "tcp"
                         : rule.protocol == Protocol::udp ? "udp"
                                                          : "{ tcp, udp }";
  if (!rule.ports) {
    return rule.protocol == Protocol::any ? "" : fmt::format("meta l4proto {} ", protocol);
  }
  return fmt::format("meta l4proto {} th dport {}-{} ", protocol, rule.ports->first,
                     rule.ports->last);
}

std::string match_of(const Rule& rule) {
  const std::string to =
      rule.to ? fmt::format("{} daddr {} ", family_of(*rule.to), rule.to->text()) : "";
  return to + ports_of(rule);
}

// The wishes, in the order of their weight.
void write_wishes(Text& text, const Policy& policy) {
  for (const auto& resolver : policy.resolvers) {
    text.line("{} daddr {} meta l4proto {{ tcp, udp }} th dport 53 accept", family_of(resolver),
              resolver.text());
  }
  for (const auto& rule : policy.deny) text.line("{}{}", match_of(rule), refuse);
  for (const auto& rule : policy.allow) text.line("{}accept", match_of(rule));
}

std::vector<std::string> denied(bool v6) {
  std::vector<std::string> list;
  if (!v6) return {std::begin(not_internet4), std::end(not_internet4)};
  list.assign(std::begin(not_internet6), std::end(not_internet6));
  for (const char* range : not_internet4) {
    list.push_back(Prefix::parse(range)->behind_nat64().text());
  }
  return list;
}

void write_denied(Text& text) {
  text.line("ip daddr {{ {} }} {}", fmt::join(denied(false), ", "), refuse);
  text.line("ip6 daddr {{ {} }} {}", fmt::join(denied(true), ", "), refuse);
}

void write_public_ports(Text& text, const Policy& policy, std::string_view match) {
  if (policy.public_ports.empty()) return;
  text.line("{}tcp dport {{ {} }} accept", match, fmt::join(policy.public_ports, ", "));
}

// A dyno may use its own address alone, from its own device.
void write_prerouting(Text& text, const HostTable& table) {
  text.open("chain prerouting");
  text.line("type filter hook prerouting priority raw; policy accept;");
  text.line("iifname != \"{}*\" accept", table.range.device_prefix());
  if (table.v6) {
    text.line("{}", neighbours);
    text.line("ip6 saddr != {} drop", table.range.subnet6());
  } else {
    text.line("meta nfproto ipv6 drop");
  }
  text.line("ip saddr != {} drop", table.range.subnet());
  text.line("fib saddr . iif oif missing drop");
  text.close();
}

void write_forward(Text& text, const Policy& policy, const HostTable& table) {
  text.open("chain from_dyno");
  text.line("{}", replies);
  // No wish opens the way to another dyno: its neighbours' owners were not asked.
  text.line("oifname \"{}\" {}", any_dyno_device, refuse);
  write_wishes(text, policy);
  write_denied(text);
  text.close();
  text.open("chain to_dyno");
  text.line("{}", replies);
  text.line("drop");
  text.close();
  text.open("chain forward");
  text.line("type filter hook forward priority filter; policy accept;");
  text.line("iifname \"{}*\" jump from_dyno", table.range.device_prefix());
  text.line("oifname \"{}*\" jump to_dyno", table.range.device_prefix());
  text.close();
}

// Between the dyno and the host itself, in either direction.
void write_host(Text& text, const Policy& policy, const HostTable& table) {
  text.open("chain input");
  text.line("type filter hook input priority filter; policy accept;");
  text.line("iifname != \"{}*\" accept", table.range.device_prefix());
  text.line("{}", replies);
  if (table.v6) text.line("{}", neighbours);
  write_wishes(text, policy);
  write_public_ports(text, policy, "");
  text.line("{}", refuse);
  text.close();
  text.open("chain output");
  text.line("type filter hook output priority filter; policy accept;");
  text.line("oifname != \"{}*\" accept", table.range.device_prefix());
  text.line("{}", replies);
  if (table.v6) text.line("{}", neighbours);
  // Our own refusals belong to no connection.
  text.line("icmp type destination-unreachable accept");
  text.line("icmpv6 type destination-unreachable accept");
  text.line("drop");
  text.close();
}

void write_postrouting(Text& text, const HostTable& table) {
  text.open("chain postrouting");
  text.line("type nat hook postrouting priority srcnat; policy accept;");
  text.line("ip saddr {} oifname != \"{}\" masquerade", table.range.subnet(), any_dyno_device);
  if (table.v6) {
    text.line("ip6 saddr {} oifname != \"{}\" masquerade", table.range.subnet6(), any_dyno_device);
  }
  text.close();
}

}  // namespace

std::string owner_chain(const std::string& owner) { return "owner_" + owner; }

std::string host_ruleset(const Policy& policy, const HostTable& table, Apply apply) {
  const std::string name = table.range.table();
  Text text;
  text.open("table inet " + name);
  text.line("chain {} {{ }}", owner_chain(table.owner));
  write_prerouting(text, table);
  write_forward(text, policy, table);
  write_host(text, policy, table);
  write_postrouting(text, table);
  text.close();
  const auto before = apply == Apply::claim
                          ? fmt::format("create table inet {}\n", name)
                          : fmt::format("add table inet {0}\ndelete table inet {0}\n", name);
  return before + text.take();
}

std::string dyno_ruleset(const Policy& policy, const std::vector<Prefix>& host) {
  Text text;
  text.open("table inet davit");
  text.open("chain output");
  text.line("type filter hook output priority filter; policy accept;");
  text.line("oifname \"lo\" accept");
  text.line("{}", replies);
  text.line("{}", neighbours);
  write_wishes(text, policy);
  for (const auto& address : host) {
    const auto match = fmt::format("{} daddr {} ", family_of(address), address.text());
    write_public_ports(text, policy, match);
    text.line("{}{}", match, refuse);
  }
  write_denied(text);
  text.close();
  text.open("chain input");
  text.line("type filter hook input priority filter; policy accept;");
  text.line("iifname \"lo\" accept");
  text.line("{}", replies);
  text.line("{}", neighbours);
  text.line("drop");
  text.close();
  text.close();
  return text.take();
}

}  // namespace davit::network
