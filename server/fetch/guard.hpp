#pragma once
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace davit::fetch {

// Decides where a request may connect to. An address that a tenant wrote must not lead into the
// machine or its neighbourhood: loopback, private and link-local networks, the cloud's metadata
// service, and this machine's own public addresses (what listens there may be meant for it alone).
// Asked with the address that is about to be connected to, after every look-up and redirect: a name
// may lead anywhere, and elsewhere the next time. Any thread.
class Guard {
 public:
  Guard() = default;  // permits everything: for addresses that an admin wrote
  // Only the public internet, and what the admin allows: "10.1.0.0/16", "127.0.0.1".
  static Result<Guard> public_only(const std::vector<std::string>& allowed);

  bool permits(const boost::asio::ip::address& address) const;
  // An Address's host, which a proxy will look up: false for names and addresses that are this
  // machine or its neighbourhood whoever looks.
  bool permits_host(const std::string& host) const;

 private:
  bool strict_ = false;
  std::vector<boost::asio::ip::network_v4> allowed4_;
  std::vector<boost::asio::ip::network_v6> allowed6_;
};

// Of the IANA special-purpose address registries: reachable from anywhere, and by anybody. An IPv4
// address inside an IPv6 one (mapped, NAT64, 6to4) counts as itself.
bool is_public(const boost::asio::ip::address& address);

}  // namespace davit::fetch
