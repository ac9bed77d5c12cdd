// Builds that want to harm the box or its other apps. The fork bomb is in tests/e2e/test_builds.py,
// beside an app that serves meanwhile.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "base/unique_fd.hpp"
#include "tests/integration/build/build_fixture.hpp"

namespace davit::build {
namespace {
namespace fs = std::filesystem;

class Hostile : public BuildFixture {
 protected:
  // Readable for all on purpose: file modes alone must not be what keeps them apart.
  void plant(const std::string& name) {
    const fs::path path = dir_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "not-for-you " << name;
    ::chmod(path.c_str(), 0666);
    ::chmod(path.parent_path().c_str(), 0777);
    planted_.push_back(path);
  }
  std::vector<fs::path> planted_;
};

TEST_F(Hostile, APackNeitherReadsNorWritesWhatIsNotItsOwn) {
  if (launcher_->level() == dyno::Level::c) GTEST_SKIP() << "no namespaces here: see security.md";
  const AppId other = AppId::make(random_);
  plant("cache/" + other.str() + "/secret");
  plant("secrets/master.key");
  plant("davit.db");
  plant("repos/" + other.str() + ".git/HEAD");
  plant("slugs/" + SlugId::make(random_).str() + "/app.js");
  plant("builds/" + BuildId::make(random_).str() + "/tmp/env_x/TOKEN");
  // A control socket that would take every connection.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string socket_path = dir_.str("run/api.sock");
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 8), 0);
  ::chmod(socket_path.c_str(), 0777);

  std::string targets = socket_path + "\n";
  for (const auto& path : planted_) targets += path.string() + "\n";
  write("targets", targets);
  pack("p", R"sh(#!/bin/bash
while read -r path; do
  cat "$path" 2>/dev/null
  echo owned 2>/dev/null > "$path"
  cat "/proc/1/root$path" 2>/dev/null
  for up in .. ../.. ../../.. ../../../.. ../../../../..; do cat "$2/$up$path" 2>/dev/null; done
  ln -s "$path" "$2/link-$RANDOM"
done < "$1/targets"
cat "$2"/link-* 2>/dev/null
ls "$(dirname "$(head -1 "$1/targets")")" 2>/dev/null
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new($ARGV[0]) and print "connected\n"' "$(head -1 "$1/targets")"
for pid in /proc/[0-9]*; do tr '\\0' ' ' < "$pid/cmdline"; done | grep -o build_hostile_test
:
)sh");
  EXPECT_TRUE(build()) << output_.text;
  EXPECT_EQ(output_.text.find("build_hostile_test"), std::string::npos) << output_.text;
  EXPECT_EQ(output_.text.find("not-for-you"), std::string::npos) << output_.text;
  EXPECT_EQ(output_.text.find("connected"), std::string::npos) << output_.text;
  for (const auto& path : planted_) {
    std::ifstream in(path);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(text.starts_with("not-for-you")) << path << ": " << text;
  }
  // The links that it left in its cache are copied as links, and followed by nobody.
  pack("p", "#!/bin/bash\ncat \"$2\"/link-* 2>/dev/null; [ -e \"$2/secret\" ] && echo found\n:\n");
  EXPECT_TRUE(build()) << output_.text;
  EXPECT_EQ(output_.text.find("not-for-you"), std::string::npos) << output_.text;
  fs::remove_all(planted_.back().parent_path().parent_path().parent_path());
}

TEST_F(Hostile, AMemoryHogIsStoppedAndToldTheLimit) {
  config_.limits.memory_bytes = 64ull << 20;
  pack("p", "#!/bin/bash\nhead -c 1000000000 /dev/zero | tail | wc -c\nsleep 100\n");
  const auto slug = build();
  ASSERT_FALSE(slug) << output_.text;
  EXPECT_EQ(slug.error().code, Errc::limit_exceeded) << output_.text;
  EXPECT_NE(output_.text.find("memory limit of 64MB"), std::string::npos) << output_.text;
  EXPECT_NE(output_.text.find("`memory` in [build] of davit.toml"), std::string::npos);
}

// Where packs write is mounted into the step, and was not counted as its writable layer.
TEST_F(Hostile, ABuildThatFillsTheDiskIsStoppedWhereverItWrites) {
  config_.limits.disk_bytes = 24ull << 20;
  for (const char* place : {"$1/f", "$2/f", "/tmp/f", "$HOME/f"}) {
    if (launcher_->level() == dyno::Level::c && std::string_view(place) == "/tmp/f") continue;
    pack("p", fmt::format("#!/bin/bash\nfor i in {{1..9}}; do head -c 8000000 /dev/zero > "
                          "\"{}$i\"; done\nsleep 100\n",
                          place));
    const auto slug = build();
    ASSERT_FALSE(slug) << place << output_.text;
    EXPECT_NE(output_.text.find("disk limit of 24MB"), std::string::npos) << output_.text;
  }
  EXPECT_FALSE(fs::exists(cache()));
}

TEST_F(Hostile, NoBuildBeginsOnADiskThatIsNearlyFull) {
  config_.disk_reserve_bytes = 1ull << 60;
  pack("p", "#!/bin/sh\n");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("The server's disk is nearly full"), std::string::npos)
      << output_.text;
}

}  // namespace
}  // namespace davit::build
