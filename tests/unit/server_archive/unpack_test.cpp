#include "server/archive/unpack.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "base/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::archive {
namespace {
namespace fs = std::filesystem;

// A tar that no tar program would write: headers by hand (POSIX.1-1988 ustar).
class Tar {
 public:
  Tar& add(const std::string& name, char type, const std::string& content = {},
           const std::string& link = {}, const char* mode = "0000755") {
    char header[512] = {};
    std::memcpy(header, name.data(), std::min<std::size_t>(name.size(), 100));
    std::memcpy(header + 100, mode, 7);
    std::memcpy(header + 108, "0000000", 7);
    std::memcpy(header + 116, "0000000", 7);
    std::snprintf(header + 124, 12, "%011zo", content.size());
    std::memcpy(header + 136, "00000000000", 11);
    header[156] = type;
    std::memcpy(header + 157, link.data(), std::min<std::size_t>(link.size(), 100));
    std::memcpy(header + 257, "ustar\00000", 8);
    std::memset(header + 148, ' ', 8);
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    std::snprintf(header + 148, 8, "%06o", sum);
    bytes_.append(header, sizeof header);
    bytes_ += content;
    bytes_.append((512 - content.size() % 512) % 512, '\0');
    return *this;
  }
  std::string end() const { return bytes_ + std::string(1024, '\0'); }

 private:
  std::string bytes_;
};

class Unpack : public ::testing::Test {
 protected:
  Result<> unpack_tar(const Tar& tar) {
    std::ofstream(dir_.path() / "a.tar", std::ios::binary) << tar.end();
    return unpack_file("a.tar");
  }
  Result<> unpack_file(const std::string& name) {
    fs::remove_all(dir_.path() / "out");
    fs::create_directory(dir_.path() / "out");
    return unpack({dir_.str(name), dir_.str("out"), 1, 20, 10'000, 8});
  }
  std::string text(const std::string& name) {
    const auto read = read_file(dir_.path() / "out" / name, 10'000);
    return read ? *read : read.error().message;
  }
  test::TempDir dir_;
};

TEST_F(Unpack, FilesFoldersAndLinksWithoutTheFirstFolder) {
  const auto done = unpack_tar(Tar()
                                   .add("pkg/", '5')
                                   .add("pkg/lib/cli.js", '0', "code", {}, "0000644")
                                   .add("pkg/bin/cli", '2', {}, "../lib/cli.js")
                                   .add("pkg/run", '0', "x", {}, "0006755")
                                   .add("pkg/again", '1', {}, "pkg/run")
                                   .add("pkg/empty/", '5'));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(text("lib/cli.js"), "code");
  EXPECT_EQ(text("bin/cli"), "code");
  EXPECT_EQ(text("again"), "x");
  EXPECT_TRUE(fs::is_directory(dir_.path() / "out/empty"));
  EXPECT_EQ(test::mode_of(dir_.path() / "out/run"), 0755u);  // no set-user-id
  EXPECT_EQ(test::mode_of(dir_.path() / "out/lib/cli.js"), 0644u);
}

TEST_F(Unpack, PackedByGzipAndXz) {
  fs::create_directories(dir_.path() / "pkg");
  std::ofstream(dir_.path() / "pkg/a") << "text";
  for (const char* flag : {"-czf", "-cJf"}) {
    ProcessOptions tar;
    tar.argv = {"/usr/bin/tar", flag, dir_.str("packed"), "-C", dir_.str(), "pkg"};
    tar.env = {{"PATH", "/usr/bin:/bin"}};
    ASSERT_EQ(Process::spawn(tar).value().wait().value(), 0);
    ASSERT_TRUE(unpack_file("packed"));
    EXPECT_EQ(text("a"), "text");
  }
}

TEST_F(Unpack, WhatLeadsOutIsRefused) {
  const Tar tricks[] = {
      Tar().add("../evil", '0', "x"),
      Tar().add("/tmp/davit-evil", '0', "x"),
      Tar().add("pkg/../../evil", '0', "x"),
      Tar().add("pkg/link", '2', {}, "/etc/passwd"),
      Tar().add("pkg/link", '2', {}, "../../etc/passwd"),
      Tar().add("pkg/a/link", '2', {}, "../../x"),
      Tar().add("pkg/hard", '1', {}, "../../etc/passwd"),
      Tar().add("pkg/hard", '1', {}, "/etc/passwd"),
      Tar().add("pkg/hard", '1', {}, "pkg/later").add("pkg/later", '0', "x"),
  };
  for (const Tar& trick : tricks) {
    const auto done = unpack_tar(trick);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::corrupt) << done.error().message;
  }
  EXPECT_FALSE(fs::exists(dir_.path() / "evil"));
  EXPECT_FALSE(fs::exists("/tmp/davit-evil"));
}

// d/x -> .. is within; d/x/.. would not be. Nothing is ever written or linked through a link.
TEST_F(Unpack, NothingGoesThroughALink) {
  for (const char type : {'0', '2', '1'}) {
    const auto done = unpack_tar(Tar()
                                     .add("pkg/f", '0', "x")
                                     .add("pkg/d/x", '2', {}, "..")
                                     .add("pkg/d/x/evil", type, {}, type == '0' ? "" : "pkg/f"));
    EXPECT_FALSE(done) << type;
    EXPECT_FALSE(fs::exists(dir_.path() / "out/evil"));
  }
}

TEST_F(Unpack, DevicesAndPipesAreRefused) {
  for (const char type : {'3', '4', '6'}) {
    const auto done = unpack_tar(Tar().add("pkg/thing", type));
    ASSERT_FALSE(done) << type;
    EXPECT_NE(done.error().message.find("neither file nor folder"), std::string::npos);
  }
}

TEST_F(Unpack, BombsEndAtTheLimits) {
  Tar many;
  for (int i = 0; i < 30; ++i) many.add("pkg/" + std::to_string(i), '0');
  EXPECT_EQ(unpack_tar(many).error().code, Errc::limit_exceeded);
  EXPECT_EQ(unpack_tar(Tar().add("pkg/large", '0', std::string(20'000, 'x'))).error().code,
            Errc::too_large);
  EXPECT_EQ(unpack_tar(Tar().add("pkg/1/2/3/4/5/6/7/8/9", '0', "x")).error().code, Errc::corrupt);
}

TEST_F(Unpack, WhatIsNoArchiveIsRefused) {
  std::ofstream(dir_.path() / "page") << "<html>not found</html>";
  const auto page = unpack_file("page");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Errc::corrupt);
  std::ofstream(dir_.path() / "cut", std::ios::binary)
      << Tar().add("pkg/a", '0', std::string(3000, 'x')).end().substr(0, 1200);
  EXPECT_FALSE(unpack_file("cut"));
}

}  // namespace
}  // namespace davit::archive
