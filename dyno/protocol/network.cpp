#include "dyno/protocol/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

#include "dyno/protocol/fields.hpp"

namespace davit::dyno {
namespace {

using nlohmann::json;

constexpr std::size_t device_bytes_max = 15;  // IFNAMSIZ without its NUL
constexpr std::size_t resolv_conf_bytes_max = 16 * 1024;
constexpr std::size_t rules_bytes_max = 256 * 1024;
// IPv6 asks for 1280; a loopback-like device never has more than 65535.
constexpr std::uint32_t mtu_min = 1280, mtu_max = 65535;

bool is_address(int family, const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(family, text.c_str(), bytes) == 1;
}

bool is_device(const std::string& text) {
  return !text.empty() && text.size() <= device_bytes_max &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

Result<VethUplink> veth_from_json(const json& value) {
  VethUplink veth;
  Fields fields(value, "spec network veth");
  fields.required("device").text("device", veth.device);
  fields.required("address").text("address", veth.address);
  fields.required("gateway").text("gateway", veth.gateway);
  fields.text("address6", veth.address6).text("gateway6", veth.gateway6);
  fields.number("mtu", veth.mtu);
  if (!is_device(veth.device)) fields.refuse("device", "is no device name of 1 to 15 bytes");
  if (!is_address(AF_INET, veth.address)) fields.refuse("address", "is no IPv4 address");
  if (!is_address(AF_INET, veth.gateway)) fields.refuse("gateway", "is no IPv4 address");
  if (veth.address6.empty() != veth.gateway6.empty()) {
    fields.refuse("address6", "and 'gateway6' go together");
  }
  if (!veth.address6.empty() && !is_address(AF_INET6, veth.address6)) {
    fields.refuse("address6", "is no IPv6 address");
  }
  if (!veth.gateway6.empty() && !is_address(AF_INET6, veth.gateway6)) {
    fields.refuse("gateway6", "is no IPv6 address");
  }
  if (veth.mtu < mtu_min || veth.mtu > mtu_max) fields.refuse("mtu", "is not 1280 to 65535");
  DAVIT_TRY(fields.result());
  return veth;
}

Result<PastaUplink> pasta_from_json(const json& value) {
  PastaUplink pasta;
  Fields fields(value, "spec network pasta");
  fields.required("program").text("program", pasta.program);
  fields.text("address", pasta.address).text("gateway", pasta.gateway);
  if (!pasta.program.starts_with('/')) fields.refuse("program", "is not an absolute path");
  if (pasta.address.empty() != pasta.gateway.empty()) {
    fields.refuse("address", "and 'gateway' go together");
  }
  if (!pasta.address.empty() && !is_address(AF_INET, pasta.address)) {
    fields.refuse("address", "is no IPv4 address");
  }
  if (!pasta.gateway.empty() && !is_address(AF_INET, pasta.gateway)) {
    fields.refuse("gateway", "is no IPv4 address");
  }
  DAVIT_TRY(fields.result());
  return pasta;
}

Result<PacketFilter> filter_from_json(const json& value) {
  PacketFilter filter;
  Fields fields(value, "spec network filter");
  fields.required("nft").text("nft", filter.nft);
  fields.required("rules").text("rules", filter.rules);
  if (!filter.nft.starts_with('/')) fields.refuse("nft", "is not an absolute path");
  if (filter.rules.size() > rules_bytes_max) fields.refuse("rules", "is too long");
  DAVIT_TRY(fields.result());
  return filter;
}

json to_json(const VethUplink& veth) {
  return {{"device", veth.device},     {"address", veth.address},   {"gateway", veth.gateway},
          {"address6", veth.address6}, {"gateway6", veth.gateway6}, {"mtu", veth.mtu}};
}

json to_json(const PastaUplink& pasta) {
  return {{"program", pasta.program}, {"address", pasta.address}, {"gateway", pasta.gateway}};
}

// The members that are there and good; the first error ends it.
template <class Part>
Result<> read_part(Fields& fields, const char* name, Result<Part> (*parse)(const json&),
                   std::optional<Part>& target) {
  const auto* value = fields.member(name);
  if (value == nullptr) return {};
  auto parsed = parse(*value);
  if (!parsed) return std::move(parsed).error();
  target = std::move(*parsed);
  return {};
}

}  // namespace

Result<Network> Network::from_json(const json& value) {
  Network network;
  Fields fields(value, "spec network");
  std::string mode = "shared";
  fields.text("mode", mode).text("resolv_conf", network.resolv_conf);
  if (mode != "shared" && mode != "isolated") {
    fields.refuse("mode", "is neither shared nor isolated");
  }
  network.mode = mode == "isolated" ? NetworkMode::isolated : NetworkMode::shared;
  if (network.resolv_conf.size() > resolv_conf_bytes_max) {
    fields.refuse("resolv_conf", "is too long");
  }
  if (fields.member("door_group") != nullptr) {
    fields.number("door_group", network.door_group.emplace());
  }
  DAVIT_TRY(fields.result());
  DAVIT_TRY(read_part(fields, "veth", veth_from_json, network.veth));
  DAVIT_TRY(read_part(fields, "pasta", pasta_from_json, network.pasta));
  DAVIT_TRY(read_part(fields, "filter", filter_from_json, network.filter));
  if (!network.isolated() && (network.veth || network.pasta || network.filter)) {
    fields.refuse("mode", "is shared: an uplink or a filter needs isolated");
  }
  if (network.veth && network.pasta) fields.refuse("veth", "and 'pasta' exclude each other");
  DAVIT_TRY(fields.result());
  return network;
}

json Network::to_json() const {
  json out{{"mode", isolated() ? "isolated" : "shared"}, {"resolv_conf", resolv_conf}};
  if (door_group) out["door_group"] = *door_group;
  if (veth) out["veth"] = dyno::to_json(*veth);
  if (pasta) out["pasta"] = dyno::to_json(*pasta);
  if (filter) out["filter"] = {{"nft", filter->nft}, {"rules", filter->rules}};
  return out;
}

}  // namespace davit::dyno
