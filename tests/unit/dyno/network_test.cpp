#include "dyno/protocol/network.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dyno/protocol/network_abilities.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dyno {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json isolated_with(const char* part, const json& value) {
  return {{"mode", "isolated"}, {part, value}};
}

const json veth{{"device", "dv00-1"}, {"address", "198.18.0.2"}, {"gateway", "198.18.0.1"}};
const json pasta{{"program", "/usr/bin/pasta"}};
const json filter{{"nft", "/usr/sbin/nft"}, {"rules", "table inet davit {}\n"}};

TEST(Network, IsTheHostsUnlessTheSpecSaysOtherwise) {
  const json minimal{{"version", 1},
                     {"id", "x"},
                     {"name", "run.1"},
                     {"argv", {"/bin/true"}},
                     {"scratch", "/tmp/x"}};
  const auto spec = Spec::from_json(minimal);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_FALSE(spec->network.isolated());
  EXPECT_FALSE(spec->network.veth || spec->network.pasta || spec->network.filter);
}

TEST(Network, SurvivesTheRoundTrip) {
  Network network;
  network.mode = NetworkMode::isolated;
  network.resolv_conf = "nameserver 192.0.2.1\n";
  network.door_group = 12;
  network.veth = VethUplink{"dv1f-abc", "198.18.0.2", "198.18.0.1", "fd00::2", "fd00::1", 1400};
  network.filter = PacketFilter{"/usr/sbin/nft", "table inet x {}\n"};
  const auto again = Network::from_json(network.to_json());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->to_json(), network.to_json());
  network.veth.reset();
  network.pasta = PastaUplink{"/usr/bin/pasta", "198.18.0.2", "198.18.0.1"};
  const auto other = Network::from_json(network.to_json());
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->to_json(), network.to_json());
}

struct BadNetwork {
  json value;
  const char* field;
};

json with(json object, const char* name, const json& value) {
  object[name] = value;
  return object;
}

TEST(Network, EveryBadMemberIsRefusedByName) {
  const std::vector<BadNetwork> cases = {
      {{{"mode", "bridged"}}, "mode"},
      {{{"mode", 1}}, "mode"},
      {{{"mode", "shared"}, {"veth", veth}}, "mode"},
      {{{"pasta", pasta}}, "mode"},
      {{{"filter", filter}}, "mode"},
      {with(isolated_with("veth", veth), "pasta", pasta), "veth"},
      {isolated_with("veth", with(veth, "device", "a-name-too-long1")), "device"},
      {isolated_with("veth", with(veth, "device", "../x")), "device"},
      {isolated_with("veth", with(veth, "address", "198.18.0")), "address"},
      {isolated_with("veth", with(veth, "gateway", "fd00::1")), "gateway"},
      {isolated_with("veth", with(veth, "address6", "fd00::2")), "address6"},
      {isolated_with("veth", with(veth, "mtu", 500)), "mtu"},
      {isolated_with("veth", {{"device", "dv00-1"}}), "address"},
      {isolated_with("pasta", {{"program", "pasta"}}), "program"},
      {isolated_with("pasta", with(pasta, "address", "198.18.0.2")), "address"},
      {isolated_with("filter", with(filter, "nft", "nft")), "nft"},
      {isolated_with("filter", {{"nft", "/usr/sbin/nft"}}), "rules"},
      {with(isolated_with("filter", filter), "door_group", -1), "door_group"}};
  for (const auto& bad : cases) {
    const auto network = Network::from_json(bad.value);
    ASSERT_FALSE(network) << bad.value;
    EXPECT_THAT(network.error().message, HasSubstr(bad.field)) << bad.value;
  }
}

TEST(NetworkAbilities, SurviveTheRoundTripAndMayBeAbsent) {
  NetworkAbilities abilities;
  abilities.isolated.works = true;
  abilities.pasta = {false, "pasta is not installed", {}};
  abilities.filter = {true, {}, "/usr/sbin/nft"};
  const auto again = NetworkAbilities::from_json(abilities.to_json());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->to_json(), abilities.to_json());
  const auto none = NetworkAbilities::from_json(json::object());
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->isolated.works);
}

}  // namespace
}  // namespace davit::dyno
