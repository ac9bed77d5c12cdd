#include "base/units.hpp"

#include <gtest/gtest.h>

namespace davit {
namespace {

TEST(Units, BytesAreReadAsPeopleWriteThem) {
  EXPECT_EQ(parse_bytes("512MB").value(), 512ull << 20);
  EXPECT_EQ(parse_bytes("1.5 GB").value(), 3ull << 29);
  EXPECT_EQ(parse_bytes("64kib").value(), 65536u);
  EXPECT_EQ(parse_bytes("4096").value(), 4096u);
  EXPECT_EQ(parse_bytes("0").value(), 0u);
  for (const char* bad : {"", "MB", "-1MB", "12XB", "1e9", "nan", "inf", "1 2MB", "99999999TB"}) {
    EXPECT_FALSE(parse_bytes(bad)) << bad;
  }
}

TEST(Units, BytesAreShownShort) {
  EXPECT_EQ(format_bytes(0), "0B");
  EXPECT_EQ(format_bytes(512ull << 20), "512MB");
  EXPECT_EQ(format_bytes(3ull << 29), "1.5GB");
  EXPECT_EQ(format_bytes(1023), "1023B");
}

}  // namespace
}  // namespace davit
