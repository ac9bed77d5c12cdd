#include "server/git/report.hpp"

#include <gtest/gtest.h>

#include "server/git/advertise.hpp"

namespace davit::git {
namespace {

TEST(Report, TellsEachRefItsFate) {
  const auto report =
      report_status("", {{"refs/heads/main", ""}, {"refs/heads/x", "fetch\nfirst"}});
  EXPECT_EQ(report,
            "000eunpack ok\n"
            "0017ok refs/heads/main\n"
            "0023ng refs/heads/x fetch\\x0afirst\n"
            "0000");
}

TEST(Report, SplitsABandAtGitsLargestPacket) {
  const std::string text(70'000, 't');
  const auto packets = band_packets(2, text);
  PktReader reader;
  reader.feed(packets);
  std::string joined;
  for (int i = 0; i < 2; ++i) {
    const auto packet = reader.next();
    ASSERT_TRUE(packet && *packet);
    EXPECT_LE((*packet)->payload.size(), 65516U);
    EXPECT_EQ((*packet)->payload[0], 2);
    joined += (*packet)->payload.substr(1);
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(reader.buffered(), 0U);
}

TEST(Advertise, AnEmptyRepositoryStillHasCapabilities) {
  const auto body = advertise_refs({}, "version=2");
  EXPECT_TRUE(body.starts_with("001f# service=git-receive-pack\n0000"));
  EXPECT_NE(body.find(std::string(zero_id) + " capabilities^{}"), std::string::npos);
  EXPECT_EQ(body.find("version"), std::string::npos);
  EXPECT_NE(advertise_refs({}, "version=1").find("000eversion 1\n"), std::string::npos);
}

}  // namespace
}  // namespace davit::git
