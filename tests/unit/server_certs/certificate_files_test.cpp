#include "server/certs/certificate_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "../router/tls/sample_pem.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::certs {
namespace {

using router::tls::exact_chain;
using router::tls::exact_key;
using router::tls::weak_chain;
using router::tls::weak_key;
using router::tls::wild_chain;
using router::tls::wild_key;

class CertificateFiles : public testing::Test {
 protected:
  Pair write(const std::string& name, std::string_view chain, std::string_view key) {
    const Pair pair{folder_.str(name + ".pem"), folder_.str(name + ".key")};
    std::ofstream(pair.chain) << chain;
    std::ofstream(pair.key) << key;
    return pair;
  }
  test::TempDir folder_;
};

TEST_F(CertificateFiles, TheFirstThatIsSoundIsTheDefault) {
  const Pair broken = write("broken", "garbage", exact_key);
  const Pair wild = write("wild", wild_chain, wild_key);
  const auto read = read_certificates({broken, wild, write("exact", exact_chain, exact_key)}, {});
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_TRUE(read.problems[0].ends_with("; it is not served")) << read.problems[0];
  const Entries entries = entries_of(read.served);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].chain_pem, wild_chain);
  EXPECT_TRUE(entries[0].is_default);
  EXPECT_FALSE(entries[1].is_default);
}

// davitd took what the router then left out: names were gone, and only the router's log said so.
TEST_F(CertificateFiles, WhatTheRouterWouldLeaveOutIsNotTaken) {
  const std::string half = std::string(exact_chain).substr(0, 300);
  const std::vector<Pair> files = {
      write("mixed", wild_chain, exact_key), write("weak", weak_chain, weak_key),
      write("half", std::string(wild_chain) + half, wild_key), write("nokey", wild_chain, "")};
  const auto read = read_certificates(files, {});
  EXPECT_TRUE(read.served.empty());
  ASSERT_EQ(read.problems.size(), 4u);
  EXPECT_NE(read.problems[1].find("too short or a signature too weak"), std::string::npos);
  EXPECT_NE(read.problems[2].find("of the chain is malformed"), std::string::npos);
  for (const std::string& problem : read.problems) {
    EXPECT_EQ(problem.find("PRIVATE KEY"), problem.npos);
  }
}

TEST_F(CertificateFiles, AHalfDoneRenewalKeepsWhatIsServedForThePair) {
  const Pair wild = write("wild", wild_chain, wild_key);
  const auto before = read_certificates({wild}, {});
  write("wild", exact_chain, wild_key);
  const Pair added = write("added", exact_chain, exact_key);
  const auto read = read_certificates({added, wild}, before.served);
  ASSERT_EQ(read.served.size(), 2u) << "one is new, the other stays as it was";
  EXPECT_EQ(read.served[1].entry.chain_pem, wild_chain);
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_TRUE(read.problems[0].ends_with("what was read before is served on"));
  EXPECT_TRUE(entries_of(read_certificates({}, read.served).served).empty()) << "named no more";
}

TEST_F(CertificateFiles, OnlyAFileThatCannotBeReadIsAnErrorAtTheStart) {
  EXPECT_TRUE(check_readable({write("weak", weak_chain, weak_key)}));
  EXPECT_FALSE(check_readable({{folder_.str("none.pem"), folder_.str("none.key")}}));
}

TEST_F(CertificateFiles, AFileThatMayBeReadAtLastIsAChange) {
  const Pair pair = write("wild", wild_chain, wild_key);
  const std::string before = fingerprint_of({pair});
  EXPECT_EQ(fingerprint_of({pair}), before);
  std::filesystem::permissions(pair.key, std::filesystem::perms::owner_read);
  EXPECT_NE(fingerprint_of({pair}), before);
}

}  // namespace
}  // namespace davit::certs
