#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "server/network/address_range.hpp"
#include "server/network/rule.hpp"

namespace davit::network {

// What dynos may reach. By default the internet, the resolvers, and the router's public ports as
// anybody else; never the host itself, other dynos, private networks or a cloud's metadata service.
struct Policy {
  std::vector<Rule> allow;
  std::vector<Rule> deny;
  std::vector<Prefix> resolvers;            // port 53 alone
  std::vector<std::uint16_t> public_ports;  // of the router, on the host's own addresses
};

struct HostTable {
  AddressRange range;
  std::string owner;  // who has made the table: hexadecimal digits
  bool v6 = false;    // dynos have IPv6
};

// For `nft -f -` on the host (level A), each in one step.
enum class Apply {
  claim,    // fails where the table exists: the range is another's
  replace,  // ours
};
std::string host_ruleset(const Policy& policy, const HostTable& table, Apply apply);
// The chain that says whose a table is.
std::string owner_chain(const std::string& owner);

// Inside one dyno's own namespace (level B). `host` are the host's own addresses, which a dyno's
// packets would reach as if the host had sent them.
std::string dyno_ruleset(const Policy& policy, const std::vector<Prefix>& host);

}  // namespace davit::network
