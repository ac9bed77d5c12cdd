// What an HTTP/2 connection knows of its client's behaviour: floods, closed streams, frames.
#include <gtest/gtest.h>

#include <string>

#include "router/h2/flood_guard.hpp"
#include "router/h2/frame_walk.hpp"
#include "router/h2/reset_streams.hpp"
#include "router/limits.hpp"
#include "tests/support/fakes.hpp"

namespace davit::router::h2 {
namespace {

using std::chrono::seconds;

TEST(FloodGuard, ABurstOfResetsIsForgivenAndAFloodIsNot) {
  test::FakeClock clock;
  FloodGuard guard(clock.steady());
  for (int i = 0; i < limits::h2_resets_burst; ++i) ASSERT_TRUE(guard.on_reset(clock.steady()));
  EXPECT_FALSE(guard.on_reset(clock.steady()));
  clock.advance(seconds(1));
  for (int i = 0; i < limits::h2_resets_per_second; ++i) {
    ASSERT_TRUE(guard.on_reset(clock.steady()));
  }
  EXPECT_FALSE(guard.on_reset(clock.steady()));
  clock.advance(seconds(3600));  // does not add up beyond one burst
  for (int i = 0; i < limits::h2_resets_burst; ++i) ASSERT_TRUE(guard.on_reset(clock.steady()));
  EXPECT_FALSE(guard.on_reset(clock.steady()));
}

TEST(FloodGuard, ControlFramesAreEarnedByData) {
  test::FakeClock clock;
  FloodGuard guard(clock.steady());
  for (int i = 0; i < 100'000; ++i) {
    guard.on_data();
    ASSERT_TRUE(guard.on_control(clock.steady()));
    ASSERT_TRUE(guard.on_control(clock.steady()));
  }
  guard.on_data();  // the bucket is full again
  for (int i = 0; i < limits::h2_controls_burst; ++i) ASSERT_TRUE(guard.on_control(clock.steady()));
  EXPECT_FALSE(guard.on_control(clock.steady()));
}

TEST(ResetStreams, RemembersTheLastAndForgivesWhatCameBeforeThem) {
  ResetStreams streams;
  streams.add(1001);
  EXPECT_TRUE(streams.may_have(1001));
  EXPECT_FALSE(streams.may_have(999));
  for (std::int32_t id = 1003; id < 1003 + 2 * 128; id += 2) streams.add(id);
  EXPECT_TRUE(streams.may_have(1001));
  EXPECT_TRUE(streams.may_have(3));
  EXPECT_FALSE(streams.may_have(5001));
}

std::string frame(int type, int stream, std::size_t payload) {
  std::string bytes;
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(payload >> shift);
  bytes += static_cast<char>(type);
  bytes += '\0';
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(stream >> shift);
  return bytes + std::string(payload, 'x');
}

TEST(FrameWalk, FindsTheSameHeadersHoweverTheBytesAreCut) {
  const std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 1, 300) +
                            frame(0, 0x01020304, 1) + frame(6, 0, 0) + frame(9, 7, 70'000);
  for (const std::size_t part : {std::size_t(1), std::size_t(7), std::size_t(24), bytes.size()}) {
    FrameWalk walk;
    std::string seen;
    for (std::string_view rest = bytes; !rest.empty();) {
      const FrameWalk::Header* header = nullptr;
      const std::size_t taken = walk.next(rest.substr(0, part), header);
      ASSERT_GT(taken, 0u);
      rest.remove_prefix(taken);
      if (header) seen += std::to_string(header->type) + ":" + std::to_string(header->stream) + " ";
    }
    EXPECT_EQ(seen, "4:0 1:1 0:16909060 6:0 9:7 ") << part;
  }
}

}  // namespace
}  // namespace davit::router::h2
