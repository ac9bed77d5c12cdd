#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

// What a dyno sees of the network; a part of the Spec.
namespace davit::dyno {

enum class NetworkMode {
  shared,    // the host's own network: the app listens on a host port
  isolated,  // a network namespace of its own (levels A and B), reached through the dyno's door
             // alone
};

// Level A: a pair of virtual devices. What may pass is decided by the host's packet filter.
struct VethUplink {
  std::string device;    // of the host's end; at most 15 bytes. Inside it is "eth0"
  std::string address;   // the dyno's, IPv4
  std::string gateway;   // the host's end
  std::string address6;  // both empty: no IPv6
  std::string gateway6;
  std::uint32_t mtu = 1500;
};

// Level B: a user-space network stack beside the dyno.
struct PastaUplink {
  std::string program;  // absolute path of pasta
  std::string address;  // the dyno's, IPv4; empty: the host's own, which then cannot be reached
  std::string gateway;
};

// What may pass, decided inside the dyno's namespace, where the app may not change it.
struct PacketFilter {
  std::string nft;    // absolute path
  std::string rules;  // for `nft -f -`
};

struct Network {
  NetworkMode mode = NetworkMode::shared;
  std::string resolv_conf;                  // text of /etc/resolv.conf inside; empty: the host's
  std::optional<std::uint32_t> door_group;  // may open the door beside its owner; none: nobody else
  // None of them: the dyno has its own loopback device and nothing else.
  std::optional<VethUplink> veth;
  std::optional<PastaUplink> pasta;
  std::optional<PacketFilter> filter;

  bool isolated() const { return mode == NetworkMode::isolated; }

  static Result<Network> from_json(const nlohmann::json& json);  // errors name the field
  nlohmann::json to_json() const;
};

}  // namespace davit::dyno
