#include "server/git/pkt_line.hpp"

#include <gtest/gtest.h>

namespace davit::git {
namespace {

TEST(PktLine, CountsItsOwnFourDigits) {
  EXPECT_EQ(pkt_line("hi\n"), "0007hi\n");
  EXPECT_EQ(pkt_line(""), "0004");
  EXPECT_EQ(pkt_line(std::string(pkt_payload_max, 'x')).substr(0, 4), "fff0");
}

TEST(PktReader, ReadsPacketsWhateverTheCuts) {
  const std::string bytes =
      "0007hi\n0000"
      "0001"
      "0002"
      "0004"
      "PACK";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    PktReader reader;
    std::vector<Packet> packets;
    for (const auto& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      reader.feed(part);
      while (packets.size() < 5) {
        auto packet = reader.next();
        ASSERT_TRUE(packet);
        if (!*packet) break;
        packets.push_back(std::move(**packet));
      }
    }
    ASSERT_EQ(packets.size(), 5U) << "cut at " << cut;
    EXPECT_EQ(packets[0].payload, "hi\n");
    EXPECT_EQ(packets[1].kind, Packet::Kind::flush);
    EXPECT_EQ(packets[2].kind, Packet::Kind::delimiter);
    EXPECT_EQ(packets[3].kind, Packet::Kind::response_end);
    EXPECT_EQ(packets[4].kind, Packet::Kind::data);
    EXPECT_EQ(reader.take_rest(), "PACK");
  }
}

TEST(PktReader, RefusesWhatIsNoLength) {
  for (const char* bytes : {"zzzz", "0003", "fff1", "ffff", "-001", "GET /"}) {
    PktReader reader;
    reader.feed(bytes);
    const auto packet = reader.next();
    ASSERT_FALSE(packet) << bytes;
    EXPECT_EQ(packet.error().code, Errc::corrupt);
  }
}

}  // namespace
}  // namespace davit::git
