#include "server/archive/digest.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.hpp"

namespace davit::archive {
namespace {

// Of "abc": FIPS 180-4's examples.
constexpr const char* sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* sha512 =
    "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2"
    "Q86A4qmslPpUyknw==";

TEST(Digest, ChecksAFile) {
  const test::TempDir dir;
  std::ofstream(dir.path() / "good") << "abc";
  std::ofstream(dir.path() / "bad") << "abd";
  for (const auto& digest : {Digest::from_hex(sha256), Digest::from_integrity(sha512)}) {
    ASSERT_TRUE(digest);
    EXPECT_TRUE(digest->check(dir.str("good")));
    const auto bad = digest->check(dir.str("bad"));
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Errc::corrupt);
  }
  EXPECT_FALSE(Digest::from_hex(sha256)->check(dir.str("missing")));
}

TEST(Digest, WeakAndBrokenOnesAreRefused) {
  for (const char* text : {"", "abc", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "zz"}) {
    EXPECT_FALSE(Digest::from_hex(text)) << text;
  }
  for (const char* text : {"", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "sha512-", "sha512-AAAA"}) {
    EXPECT_FALSE(Digest::from_integrity(text)) << text;
  }
}

}  // namespace
}  // namespace davit::archive
