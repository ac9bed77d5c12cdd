#include "router/http/chunk_decoder.hpp"

#include <gtest/gtest.h>

#include <string>

namespace davit::router::http {
namespace {

const std::string whole = "4\r\nWiki\r\n0A;name=\"v\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";

std::string payload_of(ChunkDecoder& decoder, std::string_view bytes) {
  std::string payload;
  while (!bytes.empty() && !decoder.done() && !decoder.failed()) {
    const auto step = decoder.next(bytes);
    payload += step.payload;
    bytes.remove_prefix(step.taken);
  }
  return payload;
}

TEST(ChunkDecoder, FindsTheSameEndHoweverTheBytesAreCut) {
  const std::string bytes = whole + "GET / next";
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      ChunkDecoder decoder;
      std::string payload = payload_of(decoder, std::string_view(bytes).substr(0, first));
      payload += payload_of(decoder, std::string_view(bytes).substr(first, second - first));
      payload += payload_of(decoder, std::string_view(bytes).substr(second));
      ASSERT_TRUE(decoder.done()) << first << ' ' << second;
      ASSERT_EQ(payload, "Wiki0123456789");
    }
  }
}

TEST(ChunkDecoder, TakesNothingBeyondTheEnd) {
  ChunkDecoder decoder;
  EXPECT_EQ(decoder.feed(whole + "more"), whole.size());
  EXPECT_TRUE(decoder.done());
}

TEST(ChunkDecoder, WhatTwoReadersMightReadDifferentlyIsRefused) {
  using namespace std::string_literals;
  const std::string refused[] = {
      "\r\n",
      ";\r\n",
      "x\r\n",
      "-1\r\n",
      "+1\r\n",
      " 1\r\n",
      "1 \r\n",
      "0x1\r\n",
      "1\n",
      "1\r\r\n",
      "1\r\nab\r\n",
      "1\r\na\n",
      "1\r\naX",
      "1000000000000000\r\n",
      "1;a\nb\r\n",
      "1;a\0b\r\n"s,
      "0\r\n folded\r\n\r\n",
      "0\r\nno colon\r\n\r\n",
      "0\r\n: v\r\n\r\n",
      "0\r\nA: b\n\r\n",
      "0\r\nA: \x01\r\n\r\n",
      "0\r\n\n",
      "0\r\n\rX",
      "1;" + std::string(5000, 'e') + "\r\n",
      "0\r\nA: " + std::string(9000, 'v') + "\r\n\r\n",
  };
  for (const auto& bytes : refused) {
    ChunkDecoder decoder;
    decoder.feed(bytes);
    EXPECT_TRUE(decoder.failed()) << bytes.substr(0, 40);
  }
}

TEST(ChunkDecoder, GivesTheTrailersApart) {
  const std::string bytes = "1\r\na\r\n0\r\nA: 1\r\nB: 2\r\n\r\n";
  for (std::size_t part = 1; part <= bytes.size(); ++part) {
    ChunkDecoder decoder;
    std::string trailers;
    for (std::string_view rest = bytes; !rest.empty();) {
      const auto step = decoder.next(rest.substr(0, part));
      trailers += step.trailers;
      rest.remove_prefix(step.taken);
    }
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(trailers, "A: 1\r\nB: 2\r\n") << part;
  }
}

}  // namespace
}  // namespace davit::router::http
