#include "base/run_stream.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace davit::run_stream {
namespace {

Frame frame_of(const std::string& bytes) {
  FrameDecoder decoder(frame_bytes_max);
  decoder.feed(bytes);
  auto frame = decoder.next();
  EXPECT_TRUE(frame && *frame);
  return std::move(**frame);
}
template <class T>
T to_again(const T& message) {
  return std::get<T>(decode_to_command(frame_of(encode(ToCommand(message)))).value());
}
template <class T>
T from_again(const T& message) {
  return std::get<T>(decode_from_command(frame_of(encode(FromCommand(message)))).value());
}

TEST(RunStream, MessagesSurviveTheRoundTrip) {
  EXPECT_EQ(to_again(Input{std::string("a\0\xff", 3)}).bytes, std::string("a\0\xff", 3));
  to_again(EndOfInput{});
  EXPECT_EQ(to_again(Resize{{97, 31}}).window, (WindowSize{97, 31}));
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    EXPECT_EQ(to_again(Signal{number}).number, number);
  }
  from_again(Started{});
  from_again(Ping{});
  EXPECT_EQ(from_again(Credit{4096}).bytes, 4096u);
  const auto errors = from_again(Output{Channel::errors, "x"});
  EXPECT_EQ(errors.channel, Channel::errors);
  const auto ended = from_again(Ended{137, 9, "killed", "bad \xff byte"});
  EXPECT_EQ(ended.code, 137);
  EXPECT_EQ(ended.signal, 9);
  EXPECT_EQ(ended.reason, "killed");
  EXPECT_EQ(ended.detail, "bad \xef\xbf\xbd byte");
}

TEST(RunStream, WhatANewerBuildSaysIsPassedOver) {
  const Frame dance{FrameKind::json, "{\"type\":\"dance\"}"};
  EXPECT_EQ(std::get<Unknown>(decode_to_command(dance).value()).type, "dance");
  EXPECT_EQ(std::get<Unknown>(decode_from_command(dance).value()).type, "dance");
}

TEST(RunStream, GarbageIsCorrupt) {
  for (const char* text :
       {"", "{", "[]", "{}", "{\"type\":1}", "{\"type\":\"resize\",\"columns\":-1,\"rows\":1}",
        "{\"type\":\"resize\",\"columns\":70000,\"rows\":1}", "{\"type\":\"signal\"}",
        "{\"type\":\"signal\",\"name\":\"KILL\"}", "{\"type\":\"signal\",\"name\":9}"}) {
    const auto message = decode_to_command(Frame{FrameKind::json, text});
    ASSERT_FALSE(message) << text;
    EXPECT_EQ(message.error().code, Errc::corrupt);
  }
  EXPECT_FALSE(decode_to_command(Frame{FrameKind::data, ""}));
  EXPECT_FALSE(decode_to_command(Frame{FrameKind::data, "\x01x"}))
      << "output is not for the command";
  EXPECT_FALSE(decode_from_command(Frame{FrameKind::data, std::string("\0x", 2)}));
  EXPECT_FALSE(decode_from_command(Frame{FrameKind::output, "12345678x"}));
}

}  // namespace
}  // namespace davit::run_stream
