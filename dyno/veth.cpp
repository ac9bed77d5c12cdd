#include "dyno/veth.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "dyno/netlink.hpp"

namespace davit::dyno {
namespace {

Result<> remove_device(Netlink& netlink, const std::string& device) {
  NetlinkRequest request(RTM_DELLINK, 0);
  request.header(ifinfomsg{}).text(IFLA_IFNAME, device);
  return netlink.request(std::move(request), fmt::format("remove the device '{}'", device));
}

Result<> make_pair(Netlink& netlink, const VethUplink& uplink, pid_t inside) {
  NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.header(ifinfomsg{}).text(IFLA_IFNAME, uplink.device).number(IFLA_MTU, uplink.mtu);
  const auto info = request.open(IFLA_LINKINFO);
  request.attribute(IFLA_INFO_KIND, "veth");
  const auto data = request.open(IFLA_INFO_DATA);
  const auto peer = request.open(VETH_INFO_PEER);
  request.header(ifinfomsg{}).text(IFLA_IFNAME, inner_device).number(IFLA_MTU, uplink.mtu);
  request.number(IFLA_NET_NS_PID, static_cast<std::uint32_t>(inside));
  request.close(peer);
  request.close(data);
  request.close(info);
  return netlink.request(std::move(request), fmt::format("make the device '{}'", uplink.device));
}

Result<> configure_outer_end(Netlink& netlink, const VethUplink& uplink) {
  DAVIT_TRY(add_address(netlink, uplink.device, {uplink.gateway, uplink.address}));
  if (!uplink.address6.empty()) {
    DAVIT_TRY(add_address(netlink, uplink.device, {uplink.gateway6, uplink.address6}));
  }
  return bring_up(netlink, uplink.device);
}

}  // namespace

Result<Veth> Veth::make(const VethUplink& uplink, pid_t inside) {
  auto netlink = Netlink::open();
  if (!netlink) return std::move(netlink).error();
  DAVIT_TRY(make_pair(*netlink, uplink, inside));
  Veth veth(uplink.device);
  DAVIT_TRY(configure_outer_end(*netlink, uplink));
  return veth;
}

Veth::~Veth() {
  if (device_.empty()) return;
  // Gone already where the namespace was the last to hold it.
  if (auto netlink = Netlink::open()) (void)remove_device(*netlink, device_);
}

Result<> configure_inner_end(const VethUplink& uplink) {
  auto netlink = Netlink::open();
  if (!netlink) return std::move(netlink).error();
  DAVIT_TRY(add_address(*netlink, inner_device, {uplink.address, uplink.gateway}));
  if (!uplink.address6.empty()) {
    DAVIT_TRY(add_address(*netlink, inner_device, {uplink.address6, uplink.gateway6}));
  }
  DAVIT_TRY(bring_up(*netlink, inner_device));
  DAVIT_TRY(add_default_route(*netlink, inner_device, uplink.gateway));
  if (uplink.address6.empty()) return {};
  return add_default_route(*netlink, inner_device, uplink.gateway6);
}

}  // namespace davit::dyno
