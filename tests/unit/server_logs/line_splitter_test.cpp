#include "server/logs/line_splitter.hpp"

#include <gmock/gmock.h>

#include "tests/support/fakes.hpp"

namespace davit::logs {

bool operator==(const SplitLine& a, const SplitLine& b) {
  return a.text == b.text && a.position == b.position;
}
void PrintTo(const SplitLine& line, std::ostream* out) {
  *out << "'" << line.text << "' at " << line.position;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using L = SplitLine;

TEST(LineSplitter, PositionsAreAfterTheLineEnd) {
  LineSplitter splitter;
  EXPECT_THAT(splitter.feed(0, "one\ntwo\r\n\nthr"),
              ElementsAre(L{"one", 4}, L{"two", 9}, L{"", 10}));
  EXPECT_THAT(splitter.feed(13, "ee\n"), ElementsAre(L{"three", 16}));
  EXPECT_EQ(splitter.position(), 16u);
  EXPECT_FALSE(splitter.flush());
}

TEST(LineSplitter, ALineEndMayBeTornBetweenChunks) {
  LineSplitter splitter;
  EXPECT_THAT(splitter.feed(0, "a\r"), IsEmpty());
  EXPECT_THAT(splitter.feed(2, "\nb\rc\n"), ElementsAre(L{"a", 3}, L{"b\rc", 7}));
}

TEST(LineSplitter, FlushGivesTheLastLineAtTheExit) {
  LineSplitter splitter(100);
  EXPECT_THAT(splitter.feed(100, "no end"), IsEmpty());
  EXPECT_EQ(*splitter.flush(), (L{"no end", 106}));
  EXPECT_FALSE(splitter.flush());
  EXPECT_EQ(splitter.position(), 106u);
}

TEST(LineSplitter, BytesThatWereSeenAreSkipped) {
  LineSplitter splitter;
  splitter.feed(0, "one\ntw");
  EXPECT_THAT(splitter.feed(0, "one\ntwo\n"), ElementsAre(L{"two", 8}));
  EXPECT_THAT(splitter.feed(2, "e\n"), IsEmpty());
}

TEST(LineSplitter, StartsInTheMiddleOfAStream) {
  LineSplitter splitter(50);
  EXPECT_THAT(splitter.feed(40, "0123456789abc\n"), ElementsAre(L{"abc", 54}));
}

TEST(LineSplitter, AGapEndsTheLineBeforeIt) {
  LineSplitter splitter;
  splitter.feed(0, "lost th");
  EXPECT_THAT(splitter.feed(20, "est\n"), ElementsAre(L{"lost th", 7}, L{"est", 24}));
}

TEST(LineSplitter, ALineOfExactlyTheLimitIsOneLine) {
  LineSplitter splitter(0, 4);
  EXPECT_THAT(splitter.feed(0, "abcd"), IsEmpty());
  EXPECT_THAT(splitter.feed(4, "\r"), IsEmpty());
  EXPECT_THAT(splitter.feed(5, "\nabcd\n"), ElementsAre(L{"abcd", 6}, L{"abcd", 11}));
}

TEST(LineSplitter, ALongerLineComesInPiecesBeforeItsEnd) {
  LineSplitter splitter(0, 4);
  EXPECT_THAT(splitter.feed(0, "abcdefghijk"), ElementsAre(L{"abcd", 4}, L{"efgh", 8}));
  EXPECT_THAT(splitter.feed(11, "\n"), ElementsAre(L{"ijk", 12}));
  EXPECT_THAT(splitter.feed(12, "abcdefghij\n"),
              ElementsAre(L{"abcd", 16}, L{"efgh", 20}, L{"ij", 23}));
}

TEST(LineSplitter, EveryPieceButTheLastSaysThatItIsOne) {
  LineSplitter splitter(0, 4);
  std::vector<bool> cut;
  for (const auto& line : splitter.feed(0, "abcdefghij\nabcd\n")) cut.push_back(line.cut);
  EXPECT_THAT(cut, ElementsAre(true, true, false, false));
}

TEST(LineSplitter, APieceDoesNotTearACharacter) {
  LineSplitter splitter(0, 4);
  EXPECT_THAT(splitter.feed(0, "abc\xc3\xa9yz\n"), ElementsAre(L{"abc", 3}, L{"\xc3\xa9yz", 8}));
  EXPECT_THAT(splitter.feed(8, "\x80\x80\x80\x80\x80\x80\n"),  // no UTF-8 at all: still progress
              ElementsAre(L{"\x80\x80\x80\x80", 12}, L{"\x80\x80", 15}));
}

TEST(LineSplitter, KeepsNoMoreThanALineOfAnEndlessOne) {
  LineSplitter splitter;
  std::uint64_t offset = 0;
  std::size_t bytes = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string chunk(65'536, 'x');
    for (const auto& line : splitter.feed(offset, chunk)) bytes += line.text.size();
    offset += chunk.size();
  }
  EXPECT_LE(offset - bytes, limits::line_bytes_max + 1);
}

TEST(LineSplitter, ChunksMayBeCutAnywhere) {
  constexpr std::uint64_t seed = 7;
  test::SeededRandom random(seed);
  std::string stream;
  for (int i = 0; i < 300; ++i) {
    stream.append(random.below(30), static_cast<char>('a' + i % 26));
    stream += random.below(2) ? "\n" : "\r\n";
  }
  LineSplitter whole(0, 16);
  const auto expected = whole.feed(0, stream);
  for (int round = 0; round < 50; ++round) {
    LineSplitter splitter(0, 16);
    std::vector<SplitLine> lines;
    for (std::size_t at = 0; at < stream.size();) {
      const auto size = 1 + random.below(40);
      const auto some = splitter.feed(at, std::string_view(stream).substr(at, size));
      lines.insert(lines.end(), some.begin(), some.end());
      at += size;
    }
    ASSERT_EQ(lines, expected) << "seed " << seed << " round " << round;
  }
}

}  // namespace
}  // namespace davit::logs
