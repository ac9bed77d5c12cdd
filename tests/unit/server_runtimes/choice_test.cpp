#include "server/runtimes/choice.hpp"

#include <gtest/gtest.h>

namespace davit::runtimes {
namespace {
using namespace std::chrono_literals;

constexpr WallTime day{std::chrono::sys_days(2025y / 1 / 15)};  // 22 is the newest with LTS
const Language& node = *find_language("node");

Version version(const char* text) { return *Version::parse(text); }
Stored stored(const char* text, const char* language = "node") {
  return {language, version(text), false, day, 0};
}
Found found(const char* text, const char* path = "/usr/bin/node") {
  return {"node", version(text), path};
}
Ask ask(const char* range, std::optional<Version> last = {}) {
  return make_ask({&node, range, "engines.node in package.json"}, last, day).value();
}
std::string picked(const Ask& ask, const Shelf& shelf) {
  const auto runtime = pick(ask, shelf);
  if (!runtime) return "none";
  return runtime->version + (runtime->origin == Origin::distribution ? " distribution" : "");
}

TEST(Choice, TheStoreComesBeforeTheDistribution) {
  const Shelf shelf{{stored("18.1.0"), stored("20.1.0"), stored("20.2.0"), stored("20.9.0", "bun")},
                    {found("20.19.0"), found("16.1.0")}};
  EXPECT_EQ(picked(ask("20.x"), shelf), "20.2.0");
  EXPECT_EQ(picked(ask(">=18 <20"), shelf), "18.1.0");
  EXPECT_EQ(picked(ask("16"), shelf), "16.1.0 distribution");
  EXPECT_EQ(picked(ask("20.19.x"), shelf), "20.19.0 distribution");
  EXPECT_EQ(picked(ask("21"), shelf), "none");
}

TEST(Choice, AnOpenRangeEndsAtTheNewestLongTermLine) {
  const Shelf shelf{{stored("22.5.0"), stored("23.1.0")}, {}};
  EXPECT_EQ(picked(ask(">=18"), shelf), "22.5.0");
  EXPECT_EQ(picked(ask("23.x"), shelf), "23.1.0");
  const auto lines = warnings(ask(">=18"), version("22.5.0"), day);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("has no upper end: it ends at Node.js 22"), std::string::npos);
  EXPECT_TRUE(warnings(ask("22.x"), version("22.5.0"), day).empty());
}

TEST(Choice, WhatHasNoSupportIsTold) {
  const auto lines = warnings(ask("16.x"), version("16.20.0"), day);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("no security fixes since 2023-09-11"), std::string::npos);
}

TEST(Choice, WhoAsksForNothingStaysOnTheLineOfTheLastRelease) {
  const Shelf shelf{{stored("18.1.0"), stored("22.5.0")}, {}};
  EXPECT_EQ(picked(ask("", version("18.0.0")), shelf), "18.1.0");
  EXPECT_EQ(picked(ask(""), shelf), "22.5.0");
  // What is wished for counts more.
  EXPECT_EQ(picked(ask("22", version("18.0.0")), shelf), "22.5.0");
  EXPECT_TRUE(weaker_asks(ask("22"), day).empty());
  const auto weaker = weaker_asks(ask(""), day);
  ASSERT_EQ(weaker.size(), 2u);
  EXPECT_EQ(picked(weaker[1], {{stored("18.1.0")}, {}}), "18.1.0");
}

TEST(Choice, TheBestCandidateIsDownloaded) {
  const std::vector<Candidate> candidates = {{version("22.1.0"), "a", {}, {}, {}, {}},
                                             {version("22.9.0"), "b", {}, {}, {}, {}},
                                             {version("23.0.0"), "c", {}, {}, {}, {}}};
  EXPECT_EQ(pick(ask(">=20"), candidates)->url, "b");
  EXPECT_EQ(pick(ask("16"), candidates), nullptr);
}

TEST(Choice, NothingFoundListsWhatIsThere) {
  const auto error = nothing_found(ask("6.x"), {{stored("18.1.0")}, {found("20.1.0")}},
                                   {"'https://nodejs.org/dist/index.json' has none"});
  EXPECT_EQ(error.code, Errc::not_found);
  for (const char* part :
       {"\"6.x\" of engines.node in package.json", "18.1.0", "20.1.0 (the distribution's)",
        "index.json' has none", "davit admin runtimes:add node"}) {
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  }
}

TEST(Choice, ABadRangeIsToldWithItsPlace) {
  const auto bad = make_ask({&node, "banana", ".nvmrc"}, {}, day);
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().message.starts_with(".nvmrc: \"banana\"")) << bad.error().message;
}

}  // namespace
}  // namespace davit::runtimes
