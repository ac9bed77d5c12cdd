#include "server/supervisor/sizes.hpp"

#include <gtest/gtest.h>

namespace davit::supervisor {
namespace {

constexpr std::uint64_t mb = 1024 * 1024;

TEST(Sizes, ThreeAreBundledAndFoundInAnyCaseAndByTheVendorsNames) {
  const auto catalog = SizeCatalog::defaults(16 * 1024 * mb);
  EXPECT_EQ(catalog.names(), "small, standard, large");
  EXPECT_EQ(catalog.find("small")->memory_bytes, 256 * mb);
  EXPECT_EQ(catalog.find("Standard")->memory_bytes, 512 * mb);
  EXPECT_EQ(catalog.find("standard-1X")->name, "standard");
  EXPECT_EQ(catalog.find("Standard-2x")->name, "large");
}

TEST(Sizes, AnUnknownOneIsRefusedWithTheListOfThoseThereAre) {
  const auto refused = SizeCatalog::defaults(0).find("huge\x1b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_EQ(refused.error().message,
            "'huge\\x1b' is not a dyno size of this server; it has small, standard, large");
}

TEST(Sizes, OnASmallMachineNoBundledSizeTakesAllOfIt) {
  const auto catalog = SizeCatalog::defaults(1024 * mb);
  EXPECT_EQ(catalog.find("standard")->memory_bytes, 512 * mb);
  EXPECT_LE(catalog.find("large")->memory_bytes, 717 * mb);
  EXPECT_GE(catalog.find("large")->memory_bytes, 700 * mb);
}

TEST(Sizes, AnAdminChangesAndAddsSizes) {
  const auto catalog = SizeCatalog::make(
      4096 * mb,
      {{"standard", 1024 * mb, 100, 200, 256, 1024 * mb}, {"tiny", 64 * mb, 10, 0, 32, 128 * mb}});
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_EQ(catalog->all().front().name, "tiny");
  EXPECT_EQ(catalog->find("standard")->memory_bytes, 1024 * mb);
  EXPECT_EQ(catalog->find("standard")->cpu_max_percent, 200u);
  EXPECT_EQ(catalog->all().size(), 4u);
}

TEST(Sizes, ASizeThatIsGoneLeavesStandard) {
  const auto catalog = SizeCatalog::defaults(0);
  EXPECT_EQ(catalog.or_standard("was-removed").name, "standard");
  EXPECT_FALSE(catalog.has("was-removed"));
}

TEST(Sizes, ErrorsNameTheSizeAndTheField) {
  const auto make = [](DynoSize size) { return SizeCatalog::make(0, {std::move(size)}); };
  const auto says = [&](DynoSize size, const char* words) {
    const auto refused = make(std::move(size));
    return !refused && refused.error().message.find(words) != std::string::npos;
  };
  EXPECT_TRUE(says({"web", 1 * mb, 100, 0, 64, 64 * mb}, "sizes.web: memory"));
  EXPECT_TRUE(says({"web", 64 * mb, 0, 0, 64, 64 * mb}, "sizes.web: cpu_weight"));
  EXPECT_TRUE(says({"web", 64 * mb, 100, 0, 2, 64 * mb}, "sizes.web: processes"));
  EXPECT_TRUE(says({"web", 64 * mb, 100, 0, 64, 1}, "sizes.web: disk"));
  EXPECT_TRUE(says({"A B", 64 * mb, 100, 0, 64, 64 * mb}, "sizes.A B"));
}

}  // namespace
}  // namespace davit::supervisor
