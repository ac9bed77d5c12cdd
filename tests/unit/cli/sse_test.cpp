#include "cli/http/sse.hpp"

#include <gtest/gtest.h>

namespace davit::cli {
namespace {

std::vector<std::string> all_data(SseParser& parser) {
  std::vector<std::string> data;
  while (const auto event = parser.next()) data.push_back(event->data);
  return data;
}

TEST(SseParser, YieldsTheSameEventsHoweverTheBytesAreCut) {
  const std::string stream = "id: 1\r\ndata: one\r\n\r\n: hb\n\nid: 2\ndata: a\ndata: b\n\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    SseParser parser(1000);
    ASSERT_TRUE(parser.feed(stream.substr(0, cut)));
    ASSERT_TRUE(parser.feed(stream.substr(cut)));
    EXPECT_EQ(all_data(parser), (std::vector<std::string>{"one", "a\nb"})) << cut;
    EXPECT_EQ(parser.last_id(), "2");
  }
}

TEST(SseParser, AnEventCountsOnlyOnceItIsWhole) {
  SseParser parser(1000);
  ASSERT_TRUE(parser.feed("id: 1\ndata: whole\n\nid: 2\ndata: ha"));
  EXPECT_EQ(all_data(parser), std::vector<std::string>{"whole"});
  EXPECT_EQ(parser.last_id(), "1");
  parser.reset();  // the connection broke
  ASSERT_TRUE(parser.feed("id: 2\ndata: half\n\n"));
  EXPECT_EQ(all_data(parser), std::vector<std::string>{"half"});
}

TEST(SseParser, AnEndlessEventIsRefused) {
  SseParser parser(10);
  const auto fed = parser.feed("data: 0123456789");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, Errc::too_large);
}

}  // namespace
}  // namespace davit::cli
