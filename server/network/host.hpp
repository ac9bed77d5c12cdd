#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "server/network/prefix.hpp"

// What the host's own network is like. Reads /proc and /sys: short, but blocking.
namespace davit::network {

// The device of the best IPv4 default route in the text of /proc/net/route (proc(5)); pure.
std::optional<std::string> default_device(std::string_view routes);

// Of packets that leave the host: the MTU of its default route's device, 1500 when unknown.
std::uint32_t uplink_mtu();

// Every address of the host but its loopback's.
std::vector<Prefix> host_addresses();

// Lets the host forward IPv4, if it does not yet. True: it was this call that did.
Result<bool> enable_forwarding();

// IPv6 of the host reaches further than the host, and it forwards. Never switched on by us: a host
// that forwards takes no router advertisements any more, and may lose its own route by that.
bool forwards_v6();

bool device_exists(const std::string& device);
// Any device whose name begins like this.
bool devices_exist(std::string_view prefix);

}  // namespace davit::network
