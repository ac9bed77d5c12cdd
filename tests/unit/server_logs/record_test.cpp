#include "server/logs/record.hpp"

#include <gtest/gtest.h>

namespace davit::logs {
namespace {

Entry example() {
  Entry entry;
  entry.stored = {42, "2026-01-01T00:00:00.000000+00:00 app[web.1]: hello  world ", Source::app,
                  "web.1"};
  entry.stream = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
  entry.position = 1234;
  return entry;
}

std::string_view without_newline(const std::string& record) {
  EXPECT_TRUE(record.ends_with('\n'));
  return std::string_view(record).substr(0, record.size() - 1);
}

TEST(Record, ALineComesBack) {
  const std::string record = encode_record(example());
  const auto decoded = decode_record(without_newline(record));
  ASSERT_TRUE(decoded);
  const auto& entry = std::get<Entry>(*decoded);
  EXPECT_EQ(entry.stored.sequence, 42u);
  EXPECT_EQ(entry.stored.text, example().stored.text);
  EXPECT_EQ(entry.stored.source, Source::app);
  EXPECT_EQ(entry.stored.process, "web.1");
  EXPECT_EQ(entry.stream, example().stream);
  EXPECT_EQ(entry.position, 1234u);
}

TEST(Record, AHeadComesBack) {
  StreamPositions positions;
  positions.raise("router", 7);
  positions.raise("a=b", 8);
  const std::string record = encode_head(99, positions);
  const auto decoded = decode_record(without_newline(record));
  ASSERT_TRUE(decoded);
  const auto& head = std::get<SegmentHead>(*decoded);
  EXPECT_EQ(head.next_sequence, 99u);
  EXPECT_EQ(head.positions, (std::map<std::string, std::uint64_t>{{"router", 7}, {"a=b", 8}}));
}

TEST(Record, EveryTornOrAlteredOneIsRefused) {
  const std::string record = encode_record(example());
  const auto line = without_newline(record);
  for (std::size_t i = 0; i < line.size(); ++i) {
    EXPECT_FALSE(decode_record(line.substr(0, i))) << i;
    std::string altered(line);
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(decode_record(altered)) << i;
  }
  EXPECT_FALSE(decode_record(std::string(100, '\0')));  // what a power cut may leave
}

TEST(Record, NamesAreMadeSafe) {
  EXPECT_EQ(record_name("web.1"), "web.1");
  EXPECT_EQ(record_name("a b\n\xff"), "a_b__");
  EXPECT_EQ(record_name(""), "-");
  EXPECT_EQ(record_name(std::string(1000, 'x')).size(), 100u);
}

TEST(StreamPositions, NeverGoBackAndForgetTheQuietest) {
  StreamPositions positions;
  positions.raise("keep", 5);
  positions.raise("keep", 3);
  EXPECT_EQ(positions.get("keep"), 5u);
  positions.raise("quiet", 1);
  for (int i = 0; i < 1000; ++i) {
    positions.raise("stream" + std::to_string(i), 1);
    positions.raise("keep", 5);
  }
  EXPECT_EQ(positions.all().size(), 256u);
  EXPECT_EQ(positions.get("keep"), 5u);
  EXPECT_EQ(positions.get("quiet"), 0u);
}

}  // namespace
}  // namespace davit::logs
