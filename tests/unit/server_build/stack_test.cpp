#include "server/build/stack.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "tests/support/temp_dir.hpp"

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

TEST(Stack, IsToldByTheCLibraryOfAnotherRoot) {
  const test::TempDir root;
  ASSERT_TRUE(make_directories(root.str("usr/lib/x86_64-linux-gnu"), 0755));
  ASSERT_TRUE(write_file_atomic(root.str("usr/lib/x86_64-linux-gnu/libc.so.6"),
                                "GNU C Library (Ubuntu GLIBC 2.39-0) stable release "
                                "version 2.39.\nCopyright",
                                0644));
  EXPECT_EQ(stack_of(root.path()), "heroku-24");
  EXPECT_EQ(stack_of(root.str("usr/lib/none")), "heroku-22");
}

}  // namespace
}  // namespace davit::build
