#include "dyno/protocol/messages.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace davit::dyno {
namespace {

Frame frame_of(const std::string& bytes) {
  FrameDecoder decoder(1 << 20);
  decoder.feed(bytes);
  auto frame = decoder.next();
  EXPECT_TRUE(frame && *frame);
  return std::move(**frame);
}

template <class T>
T event_again(const T& event) {
  auto decoded = decode_event(frame_of(encode(Event(event))));
  EXPECT_TRUE(decoded) << decoded.error().message;
  return std::get<T>(*decoded);
}

template <class T>
T command_again(const T& command) {
  auto decoded = decode_command(frame_of(encode(Command(command))));
  EXPECT_TRUE(decoded) << decoded.error().message;
  return std::get<T>(*decoded);
}

TEST(Messages, StatusSurvivesTheRoundTrip) {
  Status status{1,    "id-1", "web.1", 4711, 123456789012345ull, 4712, State::exited, true,
                true, 10,     20,      {}};
  status.exit = ExitRecord{143, 15, ExitReason::stopped, "detail\n", std::chrono::milliseconds(77)};
  const Status again = event_again(status);
  EXPECT_EQ(again.id, "id-1");
  EXPECT_EQ(again.launcher_start, 123456789012345ull);
  EXPECT_EQ(again.state, State::exited);
  EXPECT_TRUE(again.listening);
  EXPECT_TRUE(again.frozen);
  EXPECT_EQ(again.output_end, 20u);
  ASSERT_TRUE(again.exit);
  EXPECT_EQ(again.exit->code, 143);
  EXPECT_EQ(again.exit->signal, 15);
  EXPECT_EQ(again.exit->reason, ExitReason::stopped);
  EXPECT_EQ(again.exit->detail, "detail\n");
  EXPECT_EQ(again.exit->ran, std::chrono::milliseconds(77));
}

TEST(Messages, EveryExitReasonSurvivesTheRoundTrip) {
  for (int i = 0; i <= static_cast<int>(ExitReason::disk_full); ++i) {
    ExitRecord record;
    record.reason = static_cast<ExitReason>(i);
    EXPECT_EQ(event_again(Exited{record}).record.reason, record.reason);
  }
}

TEST(Messages, OtherEventsSurviveTheRoundTrip) {
  const OutputChunk chunk = event_again(OutputChunk{42, std::string("a\0\xff", 3)});
  EXPECT_EQ(chunk.offset, 42u);
  EXPECT_EQ(chunk.bytes, std::string("a\0\xff", 3));
  const Dropped dropped = event_again(Dropped{1, ~0ull, 9});
  EXPECT_EQ(dropped.to, ~0ull);
  EXPECT_EQ(dropped.lines, 9u);
  event_again(Listening{});
  EXPECT_TRUE(event_again(Frozen{true}).frozen);
}

TEST(Messages, UsageSurvivesTheRoundTrip) {
  const Usage usage{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ~0ull};
  EXPECT_EQ(event_again(usage).to_json(), usage.to_json());
  EXPECT_EQ(event_again(usage).disk_quota_bytes, ~0ull);
}

// davitd and davit-dyno of different builds meet at an upgrade: neither may take the other for
// broken.
TEST(Messages, WhatANewerBuildSaysIsPassedOver) {
  const Frame dance{FrameKind::json, "{\"type\":\"dance\",\"steps\":3}"};
  EXPECT_EQ(std::get<Unknown>(*decode_event(dance)).type, "dance");
  EXPECT_EQ(std::get<Unknown>(*decode_command(dance)).type, "dance");
  const auto exited = decode_event(
      {FrameKind::json,
       "{\"type\":\"exited\",\"record\":{\"code\":9,\"reason\":\"bored\",\"detail\":\"x\"}}"});
  ASSERT_TRUE(exited) << exited.error().message;
  EXPECT_EQ(std::get<Exited>(*exited).record.code, 9);
  EXPECT_EQ(std::get<Exited>(*exited).record.detail, "bored (x)");
}

TEST(Messages, CommandsSurviveTheRoundTrip) {
  EXPECT_EQ(command_again(Subscribe{~0ull}).from, ~0ull);
  EXPECT_EQ(command_again(Ack{9}).offset, 9u);
  EXPECT_EQ(command_again(Stop{std::chrono::milliseconds(1500)}).grace.count(), 1500);
  command_again(Kill{});
  command_again(Release{});
  command_again(Freeze{});
  command_again(Thaw{});
  command_again(Attach{});
  const Exec exec{{"bash", "-c", "id"}, {{"TERM", "xterm"}}, {true, {97, 31}}};
  const Exec again = command_again(exec);
  EXPECT_EQ(again.argv, exec.argv);
  EXPECT_EQ(again.env, exec.env);
  EXPECT_TRUE(again.interaction.terminal);
  EXPECT_EQ(again.interaction.window, exec.interaction.window);
}

TEST(Messages, ADetailThatIsNoUtf8StillTravels) {
  ExitRecord record;
  record.detail = "bad \xff byte";
  EXPECT_EQ(event_again(Exited{record}).record.detail, "bad \xef\xbf\xbd byte");
}

TEST(Messages, GarbageIsCorruptAndNeverThrows) {
  const char* bad[] = {"",
                       "{",
                       "[]",
                       "{}",
                       "{\"type\":1}",
                       "{\"type\":\"subscribe\"}",
                       "{\"type\":\"subscribe\",\"from\":-1}",
                       "{\"type\":\"ack\",\"offset\":\"1\"}",
                       "{\"type\":\"stop\",\"grace_ms\":1e300}",
                       "{\"type\":\"status\"}",
                       "{\"type\":\"exec\"}",
                       "{\"type\":\"exec\",\"argv\":[]}",
                       "{\"type\":\"exec\",\"argv\":[\"x\"],\"env\":{\"A=B\":\"1\"}}",
                       "{\"type\":\"exec\",\"argv\":[\"x\"],\"columns\":70000}",
                       "{\"type\":\"frozen\"}",
                       "{\"type\":\"usage\",\"oom_kills\":-1}",
                       "{\"type\":\"exited\"}"};
  for (const char* text : bad) {
    const auto command = decode_command(Frame{FrameKind::json, text});
    if (command) {
      EXPECT_TRUE(std::holds_alternative<Unknown>(*command)) << text;
    } else {
      EXPECT_EQ(command.error().code, Errc::corrupt) << text;
    }
    const auto event = decode_event(Frame{FrameKind::json, text});
    if (event) {
      EXPECT_TRUE(std::holds_alternative<Unknown>(*event)) << text;
    } else {
      EXPECT_EQ(event.error().code, Errc::corrupt) << text;
    }
  }
  EXPECT_FALSE(decode_command(Frame{FrameKind::output, "12345678x"}));
  EXPECT_FALSE(decode_event(Frame{FrameKind::output, "short"}));
}

}  // namespace
}  // namespace davit::dyno
