#include "server/git/receive_pack.hpp"

#include <gtest/gtest.h>

#include "server/git/limits.hpp"

namespace davit::git {
namespace {

const std::string first_id(40, 'a');
const std::string second_id(40, 'b');
const std::string no_id(zero_id);

std::string command_line(const std::string& old_id, const std::string& new_id,
                         const std::string& rest) {
  return pkt_line(old_id + " " + new_id + " " + rest);
}

Result<PushRequest> parse(const std::string& bytes) {
  PushRequestParser parser;
  const auto fed = parser.feed(bytes);
  if (!fed) return fed.error();
  if (!*fed) return fail(Errc::internal, "not complete");
  return parser.take_request();
}

TEST(PushRequestParser, ReadsCommandsCapabilitiesAndOptionsWhateverTheCut) {
  const auto caps = std::string(1, '\0') + " report-status side-band-64k push-options atomic";
  const auto bytes = command_line(no_id, first_id, "refs/heads/main" + caps) +
                     command_line(first_id, no_id, "refs/heads/old\n") + "0000" +
                     pkt_line("ci.skip\n") + pkt_line("x=y") + "0000PACKrest";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    PushRequestParser parser;
    auto fed = parser.feed(bytes.substr(0, cut));
    ASSERT_TRUE(fed) << "cut at " << cut;
    std::string rest = bytes.substr(cut);
    if (*fed) {
      rest = parser.take_rest() + rest;
    } else {
      fed = parser.feed(rest);
      ASSERT_TRUE(fed && *fed) << "cut at " << cut;
      rest = parser.take_rest();
    }
    EXPECT_EQ(rest, "PACKrest");
    const auto request = parser.take_request();
    ASSERT_EQ(request.commands.size(), 2U);
    EXPECT_EQ(request.commands[0].ref, "refs/heads/main");
    EXPECT_TRUE(request.commands[0].creates());
    EXPECT_EQ(request.commands[1].ref, "refs/heads/old");
    EXPECT_TRUE(request.commands[1].deletes());
    EXPECT_TRUE(request.can("atomic"));
    EXPECT_FALSE(request.can("quiet"));
    EXPECT_EQ(request.options, (std::vector<std::string>{"ci.skip", "x=y"}));
    EXPECT_TRUE(request.needs_pack());
  }
}

TEST(PushRequestParser, AFlushAloneIsAProbeWithoutCommands) {
  const auto request = parse("0000");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->commands.empty());
  EXPECT_FALSE(request->needs_pack());
}

TEST(PushRequestParser, NotesAShallowPusher) {
  const auto request = parse(pkt_line("shallow " + second_id) +
                             command_line(no_id, first_id, "refs/heads/main") + "0000");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->shallow);
}

TEST(PushRequestParser, RefusesWhatIsNoCommand) {
  const std::string nul(1, '\0');
  for (const auto& bytes : {
           std::string("GET / HTTP/1.1"),
           pkt_line("hello"),
           command_line(no_id, no_id, "refs/heads/main"),
           command_line(no_id, first_id.substr(1) + "g", "refs/heads/main"),
           command_line(no_id, first_id, ""),
           command_line(no_id, first_id, "refs/heads/a") +
               command_line(no_id, second_id, "refs/heads/a"),
           command_line(no_id, first_id, "refs/heads/a") +
               command_line(no_id, second_id, "refs/heads/b" + nul + "x"),
           command_line(no_id, first_id, "refs/heads/a" + nul + "object-format=sha256"),
           pkt_line("push-cert" + nul + "x"),
           std::string("0001"),
       }) {
    EXPECT_FALSE(parse(bytes + "0000")) << bytes;
  }
}

TEST(PushRequestParser, LimitsTheNumberOfRefs) {
  std::string bytes;
  for (std::size_t i = 0; i <= limits::refs_per_push_max; ++i) {
    bytes += command_line(no_id, first_id, fmt::format("refs/tags/t{}", i));
  }
  const auto request = parse(bytes + "0000");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, Errc::limit_exceeded);
}

}  // namespace
}  // namespace davit::git
