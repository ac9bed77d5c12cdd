#include "base/tree_budget.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace davit {
namespace {

TEST(TreeBudget, BytesAndFilesAreTakenFromWhatIsLeft) {
  const test::TempDir dir;
  TreeBudget budget(dir.str(""), {100, 2, 0});
  EXPECT_TRUE(budget.take_file());
  EXPECT_TRUE(budget.take_bytes(60));
  EXPECT_EQ(budget.take_bytes(41).error().code, Errc::too_large);
  EXPECT_EQ(budget.left().bytes, 40u) << "what was refused was not taken";
  EXPECT_TRUE(budget.take_bytes(40));
  EXPECT_TRUE(budget.take_file());
  EXPECT_EQ(budget.take_file().error().code, Errc::limit_exceeded);
}

TEST(TreeBudget, TheDiskHasItsReserve) {
  const test::TempDir dir;
  constexpr std::uint64_t much = 1ull << 60;
  TreeBudget full(dir.str(""), {100, 2, much});
  EXPECT_EQ(full.take_file().error().code, Errc::unavailable);
  TreeBudget large(dir.str(""), {much, 2, 0});
  EXPECT_TRUE(large.take_file());
  EXPECT_EQ(large.take_bytes(much).error().code, Errc::unavailable)
      << "looked at before so much is written, not after";
}

}  // namespace
}  // namespace davit
