#include "server/http/head_check.hpp"

#include <gtest/gtest.h>

namespace davit::http {
namespace {

Request to(std::string target) {
  Request request;
  request.target = std::move(target);
  return request;
}

TEST(HeadCheck, SplitsPathAndQueryAndDecodesThePath) {
  auto request = to("/apps/a%20b?x=%2F&y");
  ASSERT_TRUE(check_target(request));
  EXPECT_EQ(request.path, "/apps/a b");
  EXPECT_EQ(request.query, "x=%2F&y");
}

TEST(HeadCheck, AcceptsTheAbsoluteForm) {
  auto request = to("http://example.com/apps?a");
  ASSERT_TRUE(check_target(request));
  EXPECT_EQ(request.path, "/apps");
  auto bare = to("http://example.com");
  ASSERT_TRUE(check_target(bare));
  EXPECT_EQ(bare.path, "/");
}

TEST(HeadCheck, RefusesPathsThatCouldEscape) {
  for (const char* target : {"/../etc/passwd", "/a/%2e%2e/b", "/%2E./x", "/a//b", "/a%2F%2Fb",
                             "/a%00b", "/a%0ab", "/a%7f", "apps", "*", "/a%zz", "/a%2", ""}) {
    auto request = to(target);
    const auto checked = check_target(request);
    ASSERT_FALSE(checked) << target;
    EXPECT_EQ(checked.error().code, Errc::invalid_argument);
  }
}

TEST(HeadCheck, RefusesAmbiguousFraming) {
  Request request;
  EXPECT_FALSE(check_framing(request, true));  // no Host
  EXPECT_TRUE(check_framing(request, false));
  request.fields.add("Host", "a");
  EXPECT_TRUE(check_framing(request, true));
  request.fields.add("Transfer-Encoding", "chunked");
  EXPECT_TRUE(check_framing(request, true));
  EXPECT_FALSE(check_framing(request, false));
  request.fields.add("Content-Length", "3");
  EXPECT_FALSE(check_framing(request, true));
}

TEST(HeadCheck, RefusesTransferCodingsOtherThanChunked) {
  Request request;
  request.fields.add("Host", "a");
  request.fields.add("Transfer-Encoding", "gzip, chunked");
  EXPECT_FALSE(check_framing(request, true));
}

}  // namespace
}  // namespace davit::http
