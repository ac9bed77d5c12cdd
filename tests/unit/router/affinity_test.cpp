#include "router/affinity.hpp"

#include <gtest/gtest.h>

namespace davit::router {
namespace {

TEST(Affinity, ATokenNamesADynoWithoutSayingWhich) {
  const std::string token = affinity_token("secret", "0e8a1b2c");
  EXPECT_EQ(token.size(), affinity_token_chars);
  EXPECT_EQ(token.find("0e8a"), std::string::npos);
  EXPECT_EQ(token, affinity_token("secret", "0e8a1b2c")) << "every router makes the same";
  EXPECT_NE(token, affinity_token("secret", "0e8a1b2d"));
  EXPECT_NE(token, affinity_token("other", "0e8a1b2c"));
  EXPECT_EQ(affinity_token("", "0e8a1b2c"), "");
}

TEST(Affinity, TheCookieIsFoundAmongOthers) {
  const std::string token(affinity_token_chars, 'a');
  for (const std::string& header :
       {"davit_dyno=" + token, "a=b; davit_dyno=" + token, "davit_dyno=" + token + "; c=d",
        "davit_dyno=short; davit_dyno=" + token, "x_davit_dyno=1;davit_dyno=" + token}) {
    EXPECT_EQ(find_affinity_token(header), token) << header;
  }
  for (const std::string& header :
       {std::string(), std::string(";;; "), std::string("davit_dyno"), std::string("davit_dyno="),
        "davit_dyno=" + token + "b", "xdavit_dyno=" + token, "a=davit_dyno=" + token}) {
    EXPECT_EQ(find_affinity_token(header), "") << header;
  }
}

TEST(Affinity, TheCookieIsNoScriptsAndNoOtherSites) {
  EXPECT_EQ(affinity_header("abc", false),
            "Set-Cookie: davit_dyno=abc; Path=/; HttpOnly; SameSite=Lax\r\n");
  EXPECT_EQ(affinity_header("abc", true),
            "Set-Cookie: davit_dyno=abc; Path=/; HttpOnly; SameSite=Lax; Secure\r\n");
}

}  // namespace
}  // namespace davit::router
