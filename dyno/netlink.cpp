#include "dyno/netlink.hpp"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace davit::dyno {
namespace {

constexpr std::size_t answer_bytes_max = 8192;

bool is_v6(const std::string& address) { return address.find(':') != address.npos; }

Result<int> index_of(const std::string& device) {
  const unsigned index = ::if_nametoindex(device.c_str());
  if (index != 0) return static_cast<int>(index);
  return fail_errno(errno, fmt::format("find the network device '{}'", device));
}

}  // namespace

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr head{};
  head.nlmsg_type = type;
  head.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  header(head);
}

void NetlinkRequest::append(std::string_view bytes) {
  bytes_.append(bytes);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()), '\0');
}

NetlinkRequest& NetlinkRequest::attribute(std::uint16_t type, std::string_view bytes) {
  const std::size_t opened = open(type);
  bytes_.append(bytes);
  close(opened);
  return *this;
}

NetlinkRequest& NetlinkRequest::number(std::uint16_t type, std::uint32_t value) {
  return attribute(type, {reinterpret_cast<const char*>(&value), sizeof value});
}

NetlinkRequest& NetlinkRequest::text(std::uint16_t type, std::string_view value) {
  return attribute(type, std::string(value) + '\0');
}

NetlinkRequest& NetlinkRequest::address(std::uint16_t type, const std::string& value) {
  std::array<char, sizeof(in6_addr)> bytes{};
  ::inet_pton(is_v6(value) ? AF_INET6 : AF_INET, value.c_str(), bytes.data());
  const std::size_t size = is_v6(value) ? sizeof(in6_addr) : sizeof(in_addr);
  return attribute(type, {bytes.data(), size});
}

std::size_t NetlinkRequest::open(std::uint16_t type) {
  const std::size_t at = bytes_.size();
  const rtattr head{0, type};
  bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
  return at;
}

void NetlinkRequest::close(std::size_t opened) {
  const auto size = static_cast<unsigned short>(bytes_.size() - opened);
  std::memcpy(bytes_.data() + opened + offsetof(rtattr, rta_len), &size, sizeof size);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()), '\0');
}

std::string NetlinkRequest::finish() {
  const auto size = static_cast<std::uint32_t>(bytes_.size());
  std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_len), &size, sizeof size);
  return std::move(bytes_);
}

Result<Netlink> Netlink::open() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return fail_errno(errno, "open rtnetlink");
  return Netlink(std::move(fd));
}

Result<> Netlink::request(NetlinkRequest request, std::string_view what) {
  const std::string message = request.finish();
  if (::send(fd_.get(), message.data(), message.size(), 0) < 0) return fail_errno(errno, what);
  alignas(nlmsghdr) std::array<char, answer_bytes_max> answer{};
  const ssize_t got = ::recv(fd_.get(), answer.data(), answer.size(), 0);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) {
    return fail_errno(got < 0 ? errno : EPROTO, what);
  }
  nlmsgerr outcome{};
  std::memcpy(&outcome, answer.data() + NLMSG_HDRLEN, sizeof outcome);
  if (outcome.error == 0) return {};
  return fail_errno(-outcome.error, what);
}

Result<> bring_up(Netlink& netlink, const std::string& device) {
  const auto index = index_of(device);
  if (!index) return index.error();
  ifinfomsg link{};
  link.ifi_index = *index;
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  NetlinkRequest request(RTM_NEWLINK, 0);
  request.header(link);
  return netlink.request(std::move(request), fmt::format("bring '{}' up", device));
}

Result<> add_address(Netlink& netlink, const std::string& device, const PointToPoint& ends) {
  const auto index = index_of(device);
  if (!index) return index.error();
  ifaddrmsg address{};
  address.ifa_family = static_cast<unsigned char>(is_v6(ends.local) ? AF_INET6 : AF_INET);
  address.ifa_prefixlen = is_v6(ends.local) ? 128 : 32;
  // The other end is ours: nobody else can have the address.
  address.ifa_flags = is_v6(ends.local) ? IFA_F_NODAD : 0;
  address.ifa_index = static_cast<unsigned>(*index);
  NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  request.header(address).address(IFA_LOCAL, ends.local).address(IFA_ADDRESS, ends.peer);
  return netlink.request(std::move(request),
                         fmt::format("give '{}' the address {}", device, ends.local));
}

Result<> add_default_route(Netlink& netlink, const std::string& device,
                           const std::string& gateway) {
  const auto index = index_of(device);
  if (!index) return index.error();
  rtmsg route{};
  route.rtm_family = static_cast<unsigned char>(is_v6(gateway) ? AF_INET6 : AF_INET);
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = RTN_UNICAST;
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  request.header(route)
      .address(RTA_GATEWAY, gateway)
      .number(RTA_OIF, static_cast<std::uint32_t>(*index));
  return netlink.request(std::move(request), fmt::format("route by way of {}", gateway));
}

}  // namespace davit::dyno
