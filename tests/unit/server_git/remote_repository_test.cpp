#include "server/git/remote_repository.hpp"

#include <gtest/gtest.h>

namespace davit::git {
namespace {

const std::string one(40, '1'), two(40, '2'), three(40, '3');

std::string listing() {
  return pkt_line("# service=git-upload-pack\n") + std::string(pkt_flush) +
         pkt_line(one + " HEAD" + std::string(1, '\0') + "side-band-64k shallow agent=x\n") +
         pkt_line(one + " refs/heads/main\n") + pkt_line(two + " refs/tags/v1\n") +
         pkt_line(three + " refs/tags/v1^{}\n") + std::string(pkt_flush);
}

TEST(Advertisement, NamesAreBranchesThenTagsAndATagIsItsCommit) {
  const auto server = Advertisement::parse(listing()).value();
  EXPECT_EQ(server.id_of(""), one);
  EXPECT_EQ(server.id_of("main"), one);
  EXPECT_EQ(server.id_of("v1"), three);
  EXPECT_EQ(server.id_of("refs/tags/v1"), three);
  EXPECT_EQ(server.id_of("HEAD"), "");
  EXPECT_EQ(server.id_of("none"), "");
  EXPECT_TRUE(server.can("shallow"));
  EXPECT_FALSE(server.can("shal"));
  EXPECT_TRUE(server.names(three));
  EXPECT_EQ(server.tips(), (std::vector<std::string>{one, two}));
}

TEST(Advertisement, WhatIsNoGitServersIsRefused) {
  for (const std::string& body :
       {std::string("<html>"), std::string(), listing().substr(0, 90),
        pkt_line("# service=git-upload-pack\n") + std::string(pkt_flush) + pkt_line("nonsense"),
        pkt_line("ERR no such repository\n")}) {
    EXPECT_FALSE(Advertisement::parse(body)) << body;
  }
  const std::string none =
      pkt_line(std::string(40, '0') + " capabilities^{}" + std::string(1, '\0') + "agent=x\n") +
      std::string(pkt_flush);
  EXPECT_TRUE(Advertisement::parse(none).value().empty());
}

TEST(PackStream, ThePackComesOutOfItsFramesInAnyPieces) {
  const std::string answer = pkt_line("shallow " + one + "\n") + std::string(pkt_flush) +
                             pkt_line("NAK\n") + pkt_line("\x02progress\n") + pkt_line("\x01PACK") +
                             pkt_line("\x01rest") + std::string(pkt_flush);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, answer.size()}) {
    PackStream stream(true);
    std::string pack;
    for (std::size_t at = 0; at < answer.size(); at += piece) {
      pack += stream.feed(std::string_view(answer).substr(at, piece)).value();
    }
    EXPECT_EQ(pack, "PACKrest");
    EXPECT_TRUE(stream.ended());
  }
}

TEST(PackStream, WhatTheServerSaysOfAFailureIsTold) {
  PackStream stream(false);
  const auto failed = stream.feed(pkt_line("NAK\n") + pkt_line("\x03no such commit\n"));
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("no such commit"), std::string::npos);
  EXPECT_FALSE(PackStream(false).feed(pkt_line("HTTP/1.1")));
  EXPECT_FALSE(PackStream(false).feed(pkt_line("NAK\n") + pkt_line("\x07x")));
}

}  // namespace
}  // namespace davit::git
