#include "server/network/host.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <sstream>

#include "base/files.hpp"

namespace davit::network {
namespace {

constexpr std::size_t table_bytes_max = 1024 * 1024;
constexpr std::uint32_t usual_mtu = 1500;
constexpr std::uint32_t mtu_min = 1280, mtu_max = 65535;

std::string short_file(const std::string& path) {
  auto text = read_file(path, table_bytes_max);
  if (!text) return {};
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return std::move(*text);
}

std::optional<Prefix> address_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
  }
  const auto prefix = Prefix::parse(text);
  return prefix ? std::optional(*prefix) : std::nullopt;
}

}  // namespace

std::optional<std::string> default_device(std::string_view routes) {
  std::istringstream lines{std::string(routes)};
  std::string line;
  std::optional<std::string> best;
  unsigned best_metric = 0;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string device, destination, gateway, flags, references, use, mask;
    unsigned metric = 0;
    if (!(fields >> device >> destination >> gateway >> flags >> references >> use >> metric >>
          mask) ||
        destination != "00000000" || mask != "00000000") {
      continue;
    }
    if (best && best_metric <= metric) continue;
    best = device;
    best_metric = metric;
  }
  return best;
}

std::uint32_t uplink_mtu() {
  const auto device = default_device(short_file("/proc/net/route"));
  if (!device) return usual_mtu;
  const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  device->copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (!any || ::ioctl(any.get(), SIOCGIFMTU, &request) != 0) return usual_mtu;
  const auto mtu = static_cast<std::uint32_t>(request.ifr_mtu);
  return mtu < mtu_min || mtu > mtu_max ? usual_mtu : mtu;
}

std::vector<Prefix> host_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<Prefix> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
    if (const auto address = address_of(entry->ifa_addr)) addresses.push_back(*address);
  }
  return addresses;
}

Result<bool> enable_forwarding() {
  constexpr const char* path = "/proc/sys/net/ipv4/ip_forward";
  if (short_file(path) == "1") return false;
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (file && ::write(file.get(), "1", 1) == 1) return true;
  return fail_errno(errno, fmt::format("the host does not forward packets: write '{}'", path));
}

bool forwards_v6() {
  if (short_file("/proc/sys/net/ipv6/conf/all/forwarding") != "1") return false;
  // A default route begins with the destination ::/0; lo has one of its own, that leads nowhere.
  std::istringstream lines(short_file("/proc/net/ipv6_route"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(std::string(32, '0') + " 00 ") && !line.ends_with(" lo")) return true;
  }
  return false;
}

bool device_exists(const std::string& device) { return ::if_nametoindex(device.c_str()) != 0; }

bool devices_exist(std::string_view prefix) {
  // Not by way of /sys, which shows the namespace that it was mounted in.
  const std::unique_ptr<struct if_nameindex, decltype(&::if_freenameindex)> all(
      ::if_nameindex(), &::if_freenameindex);
  for (const auto* entry = all.get(); entry != nullptr && entry->if_index != 0; ++entry) {
    if (std::string_view(entry->if_name).starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace davit::network
