#include "router/tls/certificates.hpp"

#include <gtest/gtest.h>

#include "sample_pem.hpp"

namespace davit::router::tls {
namespace {

CertificateSet sample() {
  CertificateSet set;
  set.version = 3;
  set.certificates = {{{}, wild_chain, wild_key, false}, {{}, exact_chain, exact_key, false}};
  return set;
}

std::string name_of(const Certificates& certificates, std::string_view host) {
  const CertificatePtr& found = certificates.find(host);
  return found ? found->names().front() : "none";
}

TEST(Certificates, TheNameItselfComesBeforeTheWildcard) {
  const auto compiled = Certificates::compile(sample(), {}, nullptr);
  EXPECT_TRUE(compiled.problems.empty());
  EXPECT_EQ(compiled.certificates->version(), 3u);
  EXPECT_EQ(name_of(*compiled.certificates, "www.example.com"), "www.example.com");
  EXPECT_EQ(name_of(*compiled.certificates, "blog.example.com"), "example.com");
  EXPECT_EQ(name_of(*compiled.certificates, "example.com"), "example.com");
}

TEST(Certificates, AWildcardIsForOneLabel) {
  const auto compiled = Certificates::compile(sample(), {}, nullptr);
  for (const char* host : {"a.b.example.com", ".example.com", "example.org", "com", "", "*"}) {
    EXPECT_EQ(name_of(*compiled.certificates, host), "none") << host;
  }
}

TEST(Certificates, OnlyTheDefaultAnswersToAnyName) {
  CertificateSet set = sample();
  set.certificates[1].is_default = true;
  const auto compiled = Certificates::compile(set, {}, nullptr);
  EXPECT_EQ(name_of(*compiled.certificates, "elsewhere.org"), "www.example.com");
  EXPECT_EQ(name_of(*compiled.certificates, ""), "www.example.com");
  EXPECT_EQ(name_of(*compiled.certificates, "blog.example.com"), "example.com");
}

TEST(Certificates, NamesThatAreGivenReplaceTheCertificatesOwn) {
  CertificateSet set;
  set.certificates = {{{"Shop.Example.ORG."}, exact_chain, exact_key, false}};
  const auto compiled = Certificates::compile(set, {}, nullptr);
  EXPECT_EQ(name_of(*compiled.certificates, "shop.example.org"), "shop.example.org");
  EXPECT_EQ(name_of(*compiled.certificates, "www.example.com"), "none");
}

TEST(Certificates, WhatCannotBeServedIsLeftOutWithASentence) {
  CertificateSet set = sample();
  set.certificates.push_back({{"mixed.org"}, wild_chain, exact_key, false});
  set.certificates.push_back({{"garbage.org"}, "-----BEGIN GARBAGE-----", exact_key, false});
  set.certificates.push_back(
      {{"cut.org"}, std::string(wild_chain).substr(0, 300), wild_key, false});
  set.certificates.push_back({{"nokey.org"}, wild_chain, "", false});
  set.certificates.push_back({{"weak.org"}, weak_chain, weak_key, false});
  set.certificates.push_back(
      {{"half.org"}, std::string(wild_chain) + std::string(exact_chain).substr(0, 300), wild_key});
  const auto compiled = Certificates::compile(set, {}, nullptr);
  ASSERT_EQ(compiled.problems.size(), 6u);
  EXPECT_EQ(compiled.problems[0],
            "certificate of 'mixed.org': the key is not the certificate's; it is not served");
  for (const std::string& problem : compiled.problems) {
    EXPECT_EQ(problem.find("PRIVATE KEY"), problem.npos);
  }
  for (const char* host : {"mixed.org", "garbage.org", "cut.org", "nokey.org", "weak.org"}) {
    EXPECT_EQ(name_of(*compiled.certificates, host), "none") << host;
  }
  EXPECT_EQ(name_of(*compiled.certificates, "example.com"), "example.com");
}

TEST(Certificates, OnesThatStayAreNotParsedAgain) {
  const auto before = Certificates::compile(sample(), {}, nullptr);
  CertificateSet set = sample();
  set.certificates.pop_back();
  const auto after = Certificates::compile(set, {}, before.certificates.get());
  EXPECT_EQ(after.certificates->find("example.com"), before.certificates->find("example.com"));
  EXPECT_EQ(name_of(*after.certificates, "www.example.com"), "example.com");
}

TEST(Certificates, OnesOfTheRoutersOwnComeLast) {
  const std::vector<CertificateEntry> own = {{{}, exact_chain, exact_key, true}};
  const auto compiled = Certificates::compile(CertificateSet(), own, nullptr);
  EXPECT_EQ(name_of(*compiled.certificates, "elsewhere.org"), "www.example.com");
  EXPECT_TRUE(compiled.certificates->source().certificates.empty());
}

TEST(Certificate, CoversItsNames) {
  const auto wild = Certificate::parse(wild_chain, wild_key, {}).value();
  EXPECT_TRUE(wild->covers("example.com"));
  EXPECT_TRUE(wild->covers("blog.example.com"));
  EXPECT_FALSE(wild->covers("a.blog.example.com"));
  EXPECT_FALSE(wild->covers(".example.com"));
  EXPECT_FALSE(wild->covers("example.org"));
}

}  // namespace
}  // namespace davit::router::tls
