#include "server/daemon/network_settings.hpp"

#include <gmock/gmock.h>

namespace davit {
namespace {

using testing::HasSubstr;

Result<network::Settings> settings(const std::string& text) {
  const auto file = config::parse_config(text, "davit.toml");
  EXPECT_TRUE(file) << file.error().message;
  return network_settings(*file);
}

TEST(NetworkSettings, AreTheFiles) {
  const auto all = settings(
      "[network]\negress = \"none\"\nallow = [\"10.1.0.0/16:5432\"]\ndeny = [\"*:25\"]\n"
      "dns = [\"192.0.2.53\", \"2001:db8::53\"]\n[build]\nnetwork = \"shared\"\n");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->egress, network::Egress::none);
  EXPECT_EQ(all->builds, network::BuildNetwork::shared);
  EXPECT_EQ(all->allow.size(), 1u);
  EXPECT_EQ(all->deny.size(), 1u);
  EXPECT_EQ(all->resolvers.size(), 2u);
}

TEST(NetworkSettings, OfAnEmptyFileAreTheDefaults) {
  const auto none = settings("");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->egress, network::Egress::automatic);
  EXPECT_EQ(none->builds, network::BuildNetwork::automatic);
}

TEST(NetworkSettings, ABadEntryIsNamedWithItsKey) {
  struct Bad {
    const char* text;
    const char* key;
    const char* entry;
  };
  for (const auto& bad :
       {Bad{"allow = [\"10.1.0.0/16\", \"intranet\"]", "network.allow", "intranet"},
        Bad{"deny = [\"10.1.0.1:99999\"]", "network.deny", "10.1.0.1:99999"},
        Bad{"dns = [\"127.0.0.53\"]", "network.dns", "127.0.0.53"},
        Bad{"dns = [\"10.0.0.0/8\"]", "network.dns", "10.0.0.0/8"}}) {
    const auto refused = settings("[network]\n" + std::string(bad.text) + "\n");
    ASSERT_FALSE(refused) << bad.text;
    EXPECT_THAT(refused.error().message, HasSubstr(bad.key));
    EXPECT_THAT(refused.error().message, HasSubstr(bad.entry));
  }
}

}  // namespace
}  // namespace davit
