#include "cli/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace davit::cli {
namespace {

TEST(SafeForTerminal, KeepsColoursAndDropsEverythingThatControls) {
  EXPECT_EQ(safe_for_terminal("\x1b[31mred\x1b[0m\tok\n"), "\x1b[31mred\x1b[0m\tok\n");
  EXPECT_EQ(safe_for_terminal("\x1b]0;title\x07 \x1b[2J\r\x08"), "]0;title [2J");
  EXPECT_EQ(safe_for_terminal("\x1b[31"), "[31");
}

TEST(DisplayWidth, CountsCodePointsAndNoEscapes) {
  EXPECT_EQ(display_width("\x1b[1mé⬢\x1b[0m"), 2u);
  EXPECT_EQ(display_width(""), 0u);
}

TEST(ShellQuote, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(shell_quote("/usr/bin/davit"), "/usr/bin/davit");
  EXPECT_EQ(shell_quote("two words"), "'two words'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("$(id)"), "'$(id)'");
}

TEST(EncodeSegment, LeavesNoWayOutOfAPathSegment) {
  EXPECT_EQ(encode_segment("web.1"), "web.1");
  EXPECT_EQ(encode_segment("../x?y#z\r\n"), "..%2Fx%3Fy%23z%0D%0A");
}

TEST(HumanBytes, UsesTheUnitThatReadsBest) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(14'200'000), "14.2 MB");
}

TEST(TimeAndAge, TellsTheAgeAndLeavesOddTextAlone) {
  const auto then = parse_iso8601("2026-01-01T00:00:00Z");
  ASSERT_TRUE(then);
  const auto text = time_and_age("2026-01-01T00:00:00Z", *then + std::chrono::minutes(3));
  EXPECT_TRUE(text.ends_with("(~ 3m ago)")) << text;
  EXPECT_EQ(time_and_age("soon", *then), "soon");
  // A clock that runs behind the server's is no reason for negative ages.
  EXPECT_TRUE(time_and_age("2026-01-01T00:00:09.5+00:00", *then).ends_with("(~ 0s ago)"));
}

TEST(EditDistance, CountsASwapOfNeighboursAsOne) {
  EXPECT_EQ(edit_distance("relaeses", "releases"), 1u);
  EXPECT_EQ(edit_distance("", "ps"), 2u);
  EXPECT_EQ(edit_distance("logs", "logs"), 0u);
}

TEST(SplitLines, TakesBothLineEnds) {
  EXPECT_EQ(split_lines("a\r\nb\n\nc"), (std::vector<std::string>{"a", "b", "", "c"}));
  EXPECT_TRUE(split_lines("").empty());
}

}  // namespace
}  // namespace davit::cli
