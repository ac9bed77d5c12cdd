#include "server/build/stack.hpp"

#include <gtest/gtest.h>

namespace davit::build {
namespace {

// The heroku-24 pgbouncer does not start on Debian 12; the heroku-22 one does.
TEST(Stack, FollowsTheLibcWhoseBinariesRun) {
  EXPECT_EQ(stack_for_glibc("2.35"), "heroku-22");
  EXPECT_EQ(stack_for_glibc("2.36"), "heroku-22");
  EXPECT_EQ(stack_for_glibc("2.39"), "heroku-24");
  EXPECT_EQ(stack_for_glibc("2.41"), "heroku-24");
  EXPECT_EQ(stack_for_glibc("2.43"), "heroku-26");
  EXPECT_EQ(stack_for_glibc("3.0"), "heroku-26");
  EXPECT_EQ(stack_for_glibc("2.31"), "heroku-22");
  EXPECT_EQ(stack_for_glibc("junk"), "heroku-22");
}

}  // namespace
}  // namespace davit::build
