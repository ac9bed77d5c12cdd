#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "server/network/prefix.hpp"

namespace davit::network {

// resolv.conf(5), as far as it concerns a dyno.
struct ResolvConf {
  std::vector<Prefix> nameservers;       // single addresses; what is none is left out
  std::vector<std::string> other_lines;  // search, options
};
ResolvConf parse_resolv_conf(std::string_view text);

// Whom a dyno asks for names.
struct Resolvers {
  std::vector<Prefix> addresses;  // reachable from a network of the dyno's own
  std::string resolv_conf;        // the dyno's
  std::string problem;            // why there is none; a sentence with what to do
};

struct ResolverSources {
  std::string host;      // text of /etc/resolv.conf
  std::string upstream;  // of /run/systemd/resolve/resolv.conf: whom systemd-resolved asks itself
  std::vector<Prefix> wanted;  // the admin's, before all others
};
// A resolver on the host's loopback cannot be reached from a dyno: then those behind it are taken.
Resolvers choose_resolvers(const ResolverSources& sources);

}  // namespace davit::network
