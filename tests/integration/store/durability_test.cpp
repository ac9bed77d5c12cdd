// Acknowledged means durable: a writer is killed at random points, and every row it had spoken of
// is there.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <sstream>

#include "base/process.hpp"
#include "store/database.hpp"
#include "store/stores.hpp"
#include "store/vault.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::store {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read, write;
};

// Reads until `lines` newlines or the end.
void read_lines(int fd, std::size_t lines, std::string& text) {
  char part[512];
  while (static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) < lines) {
    const ssize_t got = ::read(fd, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    text.append(part, static_cast<std::size_t>(got));
  }
}

// What a writer said before it was killed `later` than its line number `lines`.
std::string run_and_kill(const std::string& folder, std::size_t lines,
                         std::chrono::microseconds later) {
  Pipe pipe;
  ProcessOptions options;
  options.argv = {(test::programs_dir() / "store_writer").string(), folder};
  options.env = {{"PATH", "/usr/bin:/bin"}};
  options.stdout_fd = pipe.write.get();
  UniqueFd error(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  options.stderr_fd = error.get();
  auto writer = Process::spawn(options);
  EXPECT_TRUE(writer) << writer.error().message;
  if (!writer) return {};
  pipe.write.reset();
  std::string text;
  read_lines(pipe.read.get(), lines, text);
  // Not a wait for something: it moves the kill to another place between two lines.
  const auto until = std::chrono::steady_clock::now() + later;
  while (std::chrono::steady_clock::now() < until) {
  }
  EXPECT_TRUE(writer->signal(SIGKILL));
  EXPECT_EQ(*writer->wait(), 128 + SIGKILL);
  read_lines(pipe.read.get(), SIZE_MAX, text);
  return text;
}

TEST(Durability, EveryAcknowledgedRowOutlivesAKilledWriter) {
  constexpr std::uint64_t seed = 20260101;
  RecordProperty("seed", std::to_string(seed));
  test::SeededRandom random(seed);
  const test::TempDir dir;
  std::size_t acknowledged = 0;
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE(fmt::format("seed {} round {}", seed, round));
    // Killed also before the first line: while it opens, recovers the WAL or, the first time,
    // migrates.
    const auto lines = round == 0 ? 0 : random.below(20);
    const std::chrono::microseconds later(random.below(2'000));
    std::istringstream said(run_and_kill(dir.str(), lines, later));

    const auto vault = Vault::open(dir.str("master.key"));
    ASSERT_TRUE(vault) << vault.error().message;
    const auto database = Database::open(dir.str("davit.db"), **vault);
    ASSERT_TRUE(database) << database.error().message;
    const Stores stores(**database);
    std::string id;
    for (std::uint32_t version = 0; said >> version >> id;) {
      if (said.eof()) break;  // a line that was cut off was not said
      const auto release = stores.releases.find(*ReleaseId::parse(id));
      ASSERT_TRUE(release) << "v" << version << ": " << release.error().message;
      EXPECT_EQ(release->version, version);
      EXPECT_EQ(release->config.at("KEY"), id);
      ++acknowledged;
    }
    for (const App& app : stores.apps.list()) {
      const auto releases = stores.releases.list(app.id, SIZE_MAX);
      ASSERT_FALSE(releases.empty());
      EXPECT_EQ(releases.front().version, releases.size());  // no gap, no double
    }
  }
  EXPECT_GT(acknowledged, 50u);
}

}  // namespace
}  // namespace davit::store
