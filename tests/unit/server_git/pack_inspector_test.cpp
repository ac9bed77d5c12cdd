#include "server/git/pack_inspector.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace davit::git {
namespace {

std::string deflated(const std::string& text) {
  std::string out(compressBound(text.size()), '\0');
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
           text.size());
  out.resize(size);
  return out;
}

std::string header(std::uint32_t count) {
  std::string text = "PACK";
  for (const std::uint32_t word : {2U, count}) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((word >> shift) & 255);
  }
  return text;
}

std::string entry(int type, std::uint64_t size) {
  std::string text(1, static_cast<char>((type << 4) | (size & 15)));
  for (size >>= 4; size > 0; size >>= 7) {
    text.back() = static_cast<char>(text.back() | 0x80);
    text += static_cast<char>(size & 0x7f);
  }
  return text;
}

std::string varint(std::uint64_t value) {
  std::string text;
  for (; value > 127; value >>= 7) text += static_cast<char>(0x80 | (value & 127));
  return text + static_cast<char>(value);
}

const std::string trailer(20, '#');

Result<> inspect(const std::string& pack, const PushLimits& limits = {}) {
  PackInspector inspector(limits);
  DAVIT_TRY(inspector.feed(pack));
  return inspector.finish();
}

std::string good_pack() {
  const std::string delta = varint(5) + varint(6) + "xxxx";
  return header(3) + entry(3, 5) + deflated("hello") + entry(7, delta.size()) +
         std::string(20, 'b') + deflated(delta) + entry(6, delta.size()) + "\x85\x01" +
         deflated(delta) + trailer;
}

TEST(PackInspector, AcceptsAPackWhateverTheCut) {
  const auto pack = good_pack();
  ASSERT_TRUE(inspect(pack));
  for (std::size_t cut = 0; cut <= pack.size(); ++cut) {
    PackInspector inspector({});
    ASSERT_TRUE(inspector.feed(pack.substr(0, cut))) << "cut at " << cut;
    EXPECT_EQ(inspector.finish().has_value(), cut == pack.size());
    ASSERT_TRUE(inspector.feed(pack.substr(cut))) << "cut at " << cut;
    EXPECT_TRUE(inspector.finish());
  }
}

TEST(PackInspector, RefusesBytesAfterThePack) { EXPECT_FALSE(inspect(good_pack() + "x")); }

TEST(PackInspector, RefusesWhatIsNoPack) {
  EXPECT_FALSE(inspect("JUNKJUNKJUNKJUNK"));
  EXPECT_FALSE(inspect(header(1) + entry(0, 1) + deflated("a") + trailer));
  EXPECT_FALSE(inspect(header(1) + entry(3, 1) + "no zlib here........" + trailer));
  EXPECT_FALSE(inspect(header(1) + entry(3, 2) + deflated("a") + trailer));
  EXPECT_FALSE(inspect(header(1) + entry(3, 1) + deflated("abc") + trailer));
  EXPECT_FALSE(inspect(header(1) + std::string(30, '\xff')));
}

TEST(PackInspector, RefusesClaimsBeforeReadingThem) {
  const auto many = inspect(header(4'000'000'000U));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, Errc::limit_exceeded);
  const auto huge = inspect(header(1) + entry(3, 10ULL << 30));
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code, Errc::too_large);
}

TEST(PackInspector, RefusesASmallDeltaWithAHugeResult) {
  const std::string delta = varint(5) + varint(20ULL << 30) + "x";
  const auto bomb = inspect(header(1) + entry(7, delta.size()) + std::string(20, 'b') +
                            deflated(delta) + trailer);
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code, Errc::too_large);
}

TEST(PackInspector, LimitsTheSumOfAllObjects) {
  PushLimits limits;
  limits.unpacked_bytes_max = 9;
  const auto object = entry(3, 5) + deflated("hello");
  EXPECT_TRUE(inspect(header(1) + object + trailer, limits));
  EXPECT_FALSE(inspect(header(2) + object + object + trailer, limits));
}

}  // namespace
}  // namespace davit::git
