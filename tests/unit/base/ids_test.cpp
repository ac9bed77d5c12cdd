#include "base/ids.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"

namespace davit {
namespace {

TEST(AppName, AcceptsTheVendorsNamesOnly) {
  for (const char* good : {"blog", "a-b", "calm-river-1234", "a12345678901234567890123456789"}) {
    EXPECT_TRUE(AppName::parse(good)) << good;
  }
  for (const char* bad : {"", "a", "ab", "1ab", "abc-", "Blog", "../x", "a_b", "a b", "a.b",
                          "a123456789012345678901234567890"}) {
    EXPECT_FALSE(AppName::parse(bad)) << bad;
  }
}

TEST(DynoName, ParsesTypeAndNumber) {
  EXPECT_EQ(DynoName::parse("web.12").value().str(), "web.12");
  for (const char* bad : {"web", "web.", "web.0", ".1", "web.1x", "web.99999999999", "w/b.1"}) {
    EXPECT_FALSE(DynoName::parse(bad)) << bad;
  }
}

TEST(Uuid, IsVersionFourAndParsesBack) {
  test::SeededRandom random(1);
  const std::string text = make_uuid(random);
  EXPECT_TRUE(check_uuid(text)) << text;
  EXPECT_EQ(text[14], '4');
  EXPECT_FALSE(check_uuid("A" + text.substr(1)));
}

}  // namespace
}  // namespace davit
