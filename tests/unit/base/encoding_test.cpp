#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace davit {
namespace {

TEST(Base64, RoundTripsEveryLength) {
  std::string bytes;
  for (int length = 0; length < 70; ++length) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)).value(), bytes);
    bytes += static_cast<char>(length * 37);
  }
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (const char* text : {"a", "ab=c", "a?==", "====", "YQ==YQ=="}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

TEST(PercentDecode, RefusesABrokenEscape) {
  EXPECT_EQ(percent_decode("/a%2Fb+c").value(), "/a/b+c");
  EXPECT_FALSE(percent_decode("%"));
  EXPECT_FALSE(percent_decode("%4"));
  EXPECT_FALSE(percent_decode("%zz"));
}

TEST(ToValidUtf8, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(to_valid_utf8("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(to_valid_utf8("a\xff"
                          "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(to_valid_utf8("\xed\xa0\x80").find("\xed\xa0"), std::string::npos);  // a surrogate
}

}  // namespace
}  // namespace davit
