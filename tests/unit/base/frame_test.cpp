#include "base/frame.hpp"

#include <gtest/gtest.h>

namespace davit {
namespace {

TEST(FrameDecoder, FindsFramesHoweverTheBytesAreCut) {
  const std::string bytes = encode_json_frame(R"({"type":"a"})") + encode_output_frame(7, "out\n");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    FrameDecoder decoder(1000);
    std::vector<Frame> frames;
    for (const auto& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      decoder.feed(part);
      while (auto frame = decoder.next().value()) frames.push_back(*frame);
    }
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_EQ(frames[0].payload, R"({"type":"a"})");
    const auto chunk = decode_output(frames[1].payload).value();
    EXPECT_EQ(chunk.offset, 7u);
    EXPECT_EQ(chunk.bytes, "out\n");
  }
}

TEST(FrameDecoder, RefusesAnOversizedFrameBeforeItsBodyArrives) {
  FrameDecoder decoder(100);
  decoder.feed(std::string("\xff\xff\xff\x7f", 4));
  EXPECT_EQ(decoder.next().error().code, Errc::too_large);
}

TEST(FrameDecoder, RefusesUnknownKinds) {
  FrameDecoder decoder(100);
  decoder.feed(std::string("\x01\0\0\0\x09", 5));
  EXPECT_EQ(decoder.next().error().code, Errc::corrupt);
}

}  // namespace
}  // namespace davit
