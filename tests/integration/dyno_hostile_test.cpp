#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.hpp"
#include "dyno/protocol/messages.hpp"
#include "dyno_fixture.hpp"

// An app that means harm, in a real davit-dyno, at every level (ctest runs this at A, B and C, as
// root and as an ordinary user). What a level does not promise is skipped with the reason;
// docs/security.md says the same in words.
namespace davit::test {
namespace {

using dyno::ExitReason;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

class Hostile : public DynoTest {
 protected:
  bool isolated() const { return launcher_->level() != dyno::Level::c; }
  bool counted() const { return launcher_->cgroups().with("pids") != nullptr; }

  // A slug that holds the program, and everything that a repository could smuggle in.
  void make_slug() {
    const auto program = source_dir() / "tests/integration/hostile/attack.py";
    std::filesystem::copy_file(program, slug() + "/attack.py");
    ASSERT_EQ(::symlink(secret_.c_str(), (slug() + "/link-to-secret").c_str()), 0);
    ASSERT_EQ(::symlink("../../../../../../../etc/shadow", (slug() + "/link-up").c_str()), 0);
    ASSERT_EQ(::symlink("/proc/1/root/etc/shadow", (slug() + "/link-proc").c_str()), 0);
    ASSERT_EQ(::mkfifo((slug() + "/fifo").c_str(), 0666), 0);
    std::filesystem::copy_file("/usr/bin/id", slug() + "/setuid-id");
    ::chmod((slug() + "/setuid-id").c_str(), 06755);
    if (::geteuid() == 0) {
      ASSERT_EQ(::mknod((slug() + "/device").c_str(), S_IFCHR | 0666, ::makedev(1, 5)), 0);
    }
  }

  // What davitd keeps in its data folder, with the modes that it gives.
  void make_data() {
    ASSERT_TRUE(make_directories(dir_.str("data/secrets"), 0700));
    ASSERT_TRUE(make_directories(dir_.str("data/slugs/other"), 0755));
    secret_ = dir_.str("data/secrets/master.key");
    ASSERT_TRUE(write_file_atomic(secret_, "key\n", 0600));
    ASSERT_TRUE(write_file_atomic(dir_.str("data/davit.db"), "rows\n", 0600));
    ASSERT_TRUE(write_file_atomic(dir_.str("data/slugs/other/app.rb"), "source\n", 0644));
  }

  std::string secret_;
};

TEST_F(Hostile, NothingThatAnAttackTriesGetsThrough) {
  make_data();
  make_slug();
  const std::string mark = "mark-" + std::to_string(::getpid());
  auto other = bash("echo ready; sleep 1000");
  other.env["DAVIT_TEST_MARK"] = mark;
  auto spec = bash("");
  spec.argv = {"/usr/bin/python3", spec.env["HOME"] + "/attack.py"};
  spec.env["MARK"] = mark;
  spec.env["SECRETS"] = secret_ + ":" + dir_.str("data/davit.db") + ":" +
                        dir_.str("data/slugs/other/app.rb") + ":" + other.scratch + "/note";
  if (isolated()) spec.env["SEES_NOBODY"] = spec.env["OWN_MOUNTS"] = "1";
  if (isolated()) spec.env["SOCKETS"] = dir_.str("run/" + other.id + ".sock");
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = other;
    auto victim = co_await launch(std::move(copy));
    DynoStory background;
    EXPECT_TRUE(co_await (*victim)->subscribe(0));
    co_await follow(**victim, background, line_seen);
    spec.env["VICTIMS"] = std::to_string((*victim)->status().launcher_pid) + " " +
                          std::to_string((*victim)->status().init_pid) + " " +
                          std::to_string(::getpid());
    copy = spec;
    auto attacker = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*attacker)->subscribe(0));
    co_await follow(**attacker, story, to_the_end);
    co_await release(**attacker);
    co_await release(**victim);
  });
  EXPECT_THAT(story.output, Not(HasSubstr("GOT THROUGH")));
  EXPECT_THAT(story.output, HasSubstr("\nall tried\n"));
  EXPECT_EQ(story.exit->code, 0);
}

TEST_F(Hostile, AForkBombIsContainedAndGoneAfterTheKill) {
  // At level C an ordinary user's processes are counted with all others of that user.
  if (!counted() && launcher_->level() == dyno::Level::c && ::geteuid() != 0) {
    GTEST_SKIP() << "no count of a dyno's own processes at level C without root and cgroups";
  }
  if (!counted() && launcher_->level() == dyno::Level::b && ::geteuid() == 0) {
    GTEST_SKIP() << "the kernel exempts root from counts per user";
  }
  const std::string mark = "bomb-" + std::to_string(::getpid());
  auto spec = bash("");
  spec.argv = {"/usr/bin/python3", "-c",
               "import os, signal\n"
               "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
               "while True:\n"
               "  try:\n"
               "    if os.fork() == 0: os.setsid()\n"
               "  except BlockingIOError:\n"
               "    os.write(1, b'full\\n')\n"
               "    signal.pause()\n"};
  spec.env["DAVIT_TEST_MARK"] = mark;
  spec.limits.processes = 60;
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, line_seen);
    EXPECT_LE(count_marked(mark), 61u);
    EXPECT_TRUE(co_await (*dyno)->kill());
    co_await follow(**dyno, story, to_the_end);
    EXPECT_EQ(count_marked(mark), 0u);
    co_await release(**dyno);
  });
  EXPECT_THAT(story.output, HasSubstr("full"));
  EXPECT_EQ(story.exit->reason, ExitReason::killed);
  if (counted()) {
    EXPECT_THAT(story.exit->detail, HasSubstr("limit of 60 processes"));
  }
}

// Each process stays below what one process may have.
TEST_F(Hostile, AMemoryBombOfManyProcessesIsKilled) {
  auto spec = bash("");
  spec.argv = {"/usr/bin/python3", "-c",
               "import os, time\n"
               "for _ in range(12):\n"
               "  if os.fork() == 0:\n"
               "    hold = b'x' * (24 << 20)\n"
               "    time.sleep(1000)\n"
               "time.sleep(1000)\n"};
  spec.limits.memory_bytes = 128 * megabyte;
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::out_of_memory) << story.exit->detail;
  EXPECT_THAT(story.exit->detail, HasSubstr("128 MB"));
}

// Memory that no process maps: files in memory without a name.
TEST_F(Hostile, AMemoryBombOfFilesInMemoryIsKilled) {
  auto spec = bash("");
  spec.argv = {"/usr/bin/python3", "-c",
               "import os, time\n"
               "for i in range(12):\n"
               "  fd = os.memfd_create(str(i))\n"
               "  for _ in range(24): os.write(fd, b'x' * (1 << 20))\n"
               "time.sleep(1000)\n"};
  spec.limits.memory_bytes = 128 * megabyte;
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::out_of_memory) << story.exit->detail;
}

TEST_F(Hostile, TemporaryFoldersAreAsLargeAsTheyAreSaidToBe) {
  if (!isolated()) GTEST_SKIP() << "at level C temporary files count as the dyno's disk";
  auto spec = bash(
      "for folder in /tmp /dev/shm; do head -c 64M /dev/zero >$folder/x; stat -c %s $folder/x; "
      "done "
      "2>/dev/null");
  spec.limits.tmp_bytes = 8 * megabyte;
  EXPECT_EQ(run_to_end(spec).output, "8388608\n8388608\n");
}

TEST_F(Hostile, ProcessesThatIgnoreSigtermAreAllGoneAfterTheStop) {
  const std::string mark = "stubborn-" + std::to_string(::getpid());
  auto spec = bash("");
  spec.argv = {"/usr/bin/python3", "-c",
               "import os, signal, time\n"
               "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
               "gate, ready = os.pipe()\n"
               "for _ in range(200):\n"
               "  child = os.fork()\n"
               "  if child == 0:\n"
               "    os.setsid()\n"
               "    if os.fork(): os._exit(0)\n"
               "    os.write(ready, b'x')\n"
               "    time.sleep(1000)\n"
               "  os.waitpid(child, 0)\n"
               "for _ in range(200): os.read(gate, 1)\n"
               "print('ready', flush=True)\n"
               "time.sleep(1000)\n"};
  spec.env["DAVIT_TEST_MARK"] = mark;
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, line_seen);
    EXPECT_GE(count_marked(mark), 201u);
    EXPECT_TRUE(co_await (*dyno)->stop(milliseconds(200)));
    co_await follow(**dyno, story, to_the_end);
    EXPECT_EQ(count_marked(mark), 0u);
    co_await release(**dyno);
  });
  EXPECT_EQ(story.exit->reason, ExitReason::stop_timeout);
}

TEST_F(Hostile, AnAppThatClosesItsOutputRunsOn) {
  const auto story = run_to_end(bash("echo first; exec >&- 2>&- <&-; sleep 0.1; exit 7"));
  EXPECT_EQ(story.output, "first\n");
  EXPECT_EQ(story.exit->code, 7);
  EXPECT_EQ(story.exit->reason, ExitReason::exited);
}

std::uint64_t peak_kilobytes(pid_t pid) {
  const auto status = read_file("/proc/" + std::to_string(pid) + "/status", 1 << 16);
  const auto at = status ? status->find("VmHWM:") : std::string::npos;
  return at == std::string::npos ? 0 : std::strtoull(status->c_str() + at + 6, nullptr, 10);
}

// Read by a davitd that takes everything but stores nothing, and by nobody.
TEST_F(Hostile, EndlessOutputWithoutALineEndCostsNoMemory) {
  for (const bool read : {false, true}) {
    auto spec = bash("head -c 256M /dev/zero; echo; echo end; sleep 1000");
    spec.spool_bytes = 1 * megabyte;
    run([&]() -> Task<> {
      auto copy = spec;
      auto dyno = co_await launch(std::move(copy));
      const auto pid = (*dyno)->status().launcher_pid;
      const auto before = peak_kilobytes(pid);
      bool ended = false;
      std::string last;
      if (read) {
        EXPECT_TRUE(co_await (*dyno)->subscribe(0));
      }
      while (!ended && read) {
        auto event = co_await (*dyno)->next_event();
        if (const auto* chunk = std::get_if<OutputChunk>(&*event)) {
          last += chunk->bytes;
          last.erase(0, last.size() - std::min<std::size_t>(last.size(), 64));
          ended = last.ends_with("\nend\n");
        }
      }
      while (!ended) {
        std::string id = spec.id;
        auto again = co_await launcher_->adopt(std::move(id));
        ended = (*again)->status().output_end == (256ull << 20) + 5;
      }
      EXPECT_LT(peak_kilobytes(pid), before + 48 * 1024);
      co_await release(**dyno);
    });
  }
}

}  // namespace
}  // namespace davit::test
