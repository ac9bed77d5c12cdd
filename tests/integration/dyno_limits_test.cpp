#include <gmock/gmock.h>
#include <unistd.h>

#include "base/files.hpp"
#include "dyno_fixture.hpp"

namespace davit::test {
namespace {

using dyno::ExitReason;
using std::chrono::milliseconds;
using testing::HasSubstr;

class DynoLimits : public DynoTest {
 protected:
  // The groups of the dyno in the hierarchy that has `controller`; "" where the host has none.
  std::string group(const std::string& controller, const std::string& id) const {
    const auto* parent = launcher_->cgroups().with(controller);
    return parent == nullptr ? "" : parent->folder + "/" + id;
  }
  std::string v2_group(const std::string& id) const {
    for (const auto& parent : launcher_->cgroups().parents) {
      if (parent.v2) return parent.folder + "/" + id;
    }
    return "";
  }
  bool isolated() const { return launcher_->level() != dyno::Level::c; }
  static dyno::Spec python(dyno::Spec spec, const std::string& program) {
    spec.argv = {"/usr/bin/python3", "-c", program};
    return spec;
  }
};

// Eats memory a piece at a time, touching every page.
constexpr const char* memory_bomb =
    "hold=[]\n"
    "while True: hold.append(b'x' * 8388608)\n";

TEST_F(DynoLimits, AMemoryBombIsKilledAndTheRecordHasTheNumbers) {
  auto spec = python(bash(""), memory_bomb);
  spec.limits.memory_bytes = 64 * megabyte;
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::out_of_memory) << story.exit->detail;
  EXPECT_THAT(story.exit->detail, HasSubstr("quota of 64 MB"));
  EXPECT_NE(story.exit->code, 0);
}

// The kernel of cgroup v1 kills one process: an app whose main process lives on is none any more.
TEST_F(DynoLimits, AMemoryBombInAChildEndsTheWholeDyno) {
  auto spec = bash("for i in {1..20}; do /usr/bin/python3 -c \"" + std::string(memory_bomb) +
                   "\"; done; sleep 1000");
  spec.limits.memory_bytes = 64 * megabyte;
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::out_of_memory) << story.exit->detail;
}

TEST_F(DynoLimits, AForkBombIsContainedAndTold) {
  auto spec = bash(
      "for i in {1..300}; do sleep 1000 & done 2>/dev/null; "
      "echo $(ls -d /proc/[0-9]* | wc -l); kill -9 0");
  spec.limits.processes = 40;
  if (group("pids", spec.id).empty()) GTEST_SKIP() << "no pids controller";
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    // bash waits and tries again for each refused fork: long enough to look at it.
    co_await follow(**dyno, story, [&](const DynoStory&) { return true; });
    const auto full = [&] {
      const auto events = read_file(group("pids", spec.id) + "/pids.events", 4096);
      return events && events->find("max 0") == std::string::npos;
    };
    EXPECT_TRUE(becomes_true(full));
    const auto count = read_file(group("pids", spec.id) + "/pids.current", 100);
    EXPECT_LE(std::stoi(*count), 41);
    EXPECT_TRUE(co_await (*dyno)->kill());
    co_await follow(**dyno, story, to_the_end);
    co_await release(**dyno);
  });
  EXPECT_THAT(story.exit->detail, HasSubstr("limit of 40 processes"));
}

TEST_F(DynoLimits, ADynoThatFillsItsDiskIsKilledAndTheRecordHasTheNumbers) {
  auto spec = bash("for i in {1..100}; do head -c 4M /dev/zero >$HOME/f$i; done; sleep 1000");
  spec.limits.disk_bytes = 16 * megabyte;
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::disk_full) << story.exit->detail;
  EXPECT_THAT(story.exit->detail, HasSubstr("of 16 MB"));
}

// A file that was removed while it is open takes its blocks on: no walk over folders finds it.
TEST_F(DynoLimits, FilesWithoutANameCountToo) {
  auto spec = python(bash(""),
                     "import os, time\n"
                     "held = []\n"
                     "for i in range(20):\n"
                     "  held.append(open(os.environ['HOME'] + '/f', 'wb'))\n"
                     "  os.unlink(os.environ['HOME'] + '/f')\n"
                     "  held[-1].write(b'x' * 4194304)\n"
                     "  held[-1].flush()\n"
                     "time.sleep(1000)\n");
  spec.limits.disk_bytes = 16 * megabyte;
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::disk_full) << story.exit->detail;
}

TEST_F(DynoLimits, OneFileOverTheDiskLimitIsRefusedAtOnce) {
  auto spec = bash("exec head -c 64M /dev/zero >$HOME/big");
  spec.limits.disk_bytes = 16 * megabyte;
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->signal, SIGXFSZ);
  EXPECT_EQ(story.exit->reason, ExitReason::disk_full);
  EXPECT_THAT(story.exit->detail, HasSubstr("16 MB"));
}

TEST_F(DynoLimits, TheSlugIsNotTheAppsDisk) {
  ASSERT_TRUE(write_file_atomic(slug() + "/large", std::string(32 * megabyte, 'x'), 0644));
  auto spec = bash("head -c 1M /dev/zero >$HOME/own; sleep 2.5; cat $HOME/large | wc -c");
  spec.limits.disk_bytes = 40 * megabyte;
  EXPECT_EQ(run_to_end(spec).exit->reason, ExitReason::exited);
}

TEST_F(DynoLimits, LimitsStandInTheGroupWhileTheCommandRuns) {
  auto spec = bash("echo ready; sleep 1000");
  spec.limits.memory_bytes = 128 * megabyte;
  spec.limits.processes = 50;
  spec.limits.cpu_weight = 200;
  spec.limits.cpu_max_percent = 150;
  const std::string memory = group("memory", spec.id);
  if (memory.empty()) GTEST_SKIP() << "no memory controller";
  const bool v2 = launcher_->cgroups().with("memory")->v2;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    DynoStory story;
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, line_seen);
    const auto limit = read_file(memory + (v2 ? "/memory.max" : "/memory.limit_in_bytes"), 100);
    EXPECT_EQ(*limit, std::to_string(160 * megabyte) + "\n");
    const std::string pids = group("pids", spec.id);
    EXPECT_EQ(*read_file(pids + "/pids.max", 100), "51\n");
    const std::string cpu = group("cpu", spec.id);
    const char* file = v2 ? "/cpu.max" : "/cpu.cfs_quota_us";
    EXPECT_THAT(*read_file(cpu + file, 100), testing::StartsWith("150000"));
    for (const std::string& folder : {memory, pids, cpu}) {
      const auto procs = read_file(folder + "/cgroup.procs", 4096);
      const std::string init = std::to_string((*dyno)->status().init_pid) + "\n";
      EXPECT_THAT(*procs, HasSubstr(init)) << folder;
    }
    co_await release(**dyno);
    for (const std::string& folder : {memory, pids, cpu}) {
      EXPECT_NE(::access(folder.c_str(), F_OK), 0) << folder << " is left behind";
    }
  });
}

TEST_F(DynoLimits, UsageIsToldBeforeTheEnd) {
  // The disk is looked at once a second, and only while the dyno computes: this one does for a
  // while after it wrote, also where the first look comes before the writing.
  auto spec = bash(
      "head -c 2M /dev/zero >$HOME/f; "
      "for n in {1..10}; do for ((i = 0; i < 20000; ++i)); do :; done; sleep 0.3; done");
  spec.limits.memory_bytes = 128 * megabyte;
  spec.limits.disk_bytes = 64 * megabyte;
  const auto story = run_to_end(spec);
  ASSERT_TRUE(story.usage);
  EXPECT_EQ(story.usage->memory_quota_bytes, 128 * megabyte);
  EXPECT_EQ(story.usage->disk_quota_bytes, 64 * megabyte);
  EXPECT_GE(story.usage->disk_bytes, 2 * megabyte);
  EXPECT_EQ(story.usage->oom_kills, 0u);
  if (launcher_->cgroups().empty()) return;
  EXPECT_GT(story.usage->cpu_micros, 1000u);
  EXPECT_GT(story.usage->memory_peak_bytes, 0u);
}

TEST_F(DynoLimits, AFrozenDynoStandsStillAndGoesOnWhenThawed) {
  auto spec = bash("i=0; while :; do echo $((i++)); sleep 0.01; done");
  if (v2_group(spec.id).empty() && group("freezer", spec.id).empty()) {
    GTEST_SKIP() << "no freezer on this host";
  }
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    DynoStory story;
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, line_seen);
    EXPECT_TRUE(co_await (*dyno)->freeze());
    co_await follow(**dyno, story, [](const DynoStory& s) { return s.frozen; });
    // What it wrote before comes still; then nothing more, although it writes 100 lines a second.
    std::uint64_t standing = 0;
    for (int look = 0; look < 40; ++look) {
      std::string id = spec.id;
      auto again = co_await launcher_->adopt(std::move(id));
      EXPECT_TRUE((*again)->status().frozen);
      if (look == 0) standing = (*again)->status().output_end;
      EXPECT_EQ((*again)->status().output_end, standing);
    }
    EXPECT_TRUE(co_await (*dyno)->thaw());
    co_await follow(**dyno, story, [&](const DynoStory& s) {
      return !s.frozen && s.output_from + s.output.size() > standing;
    });
    co_await release(**dyno);
  });
}

TEST_F(DynoLimits, AFrozenDynoIsThawedForItsStop) {
  auto spec = bash("trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.02; done");
  if (v2_group(spec.id).empty() && group("freezer", spec.id).empty()) {
    GTEST_SKIP() << "no freezer on this host";
  }
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, line_seen);
    EXPECT_TRUE(co_await (*dyno)->freeze());
    co_await follow(**dyno, story, [](const DynoStory& s) { return s.frozen; });
    EXPECT_TRUE(co_await (*dyno)->stop(milliseconds(20'000)));
    co_await follow(**dyno, story, to_the_end);
    co_await release(**dyno);
  });
  EXPECT_THAT(story.output, HasSubstr("bye"));
  EXPECT_EQ(story.exit->code, 4);
}

TEST_F(DynoLimits, AFrozenDynoCanBeKilled) {
  auto spec = bash("echo ready; sleep 1000");
  if (v2_group(spec.id).empty() && group("freezer", spec.id).empty()) {
    GTEST_SKIP() << "no freezer on this host";
  }
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, line_seen);
    EXPECT_TRUE(co_await (*dyno)->freeze());
    co_await follow(**dyno, story, [](const DynoStory& s) { return s.frozen; });
    EXPECT_TRUE(co_await (*dyno)->kill());
    co_await follow(**dyno, story, to_the_end);
    co_await release(**dyno);
  });
  EXPECT_EQ(story.exit->reason, ExitReason::killed);
}

TEST_F(DynoLimits, WhereTheHostCannotFreezeTheAnswerSaysSo) {
  auto spec = bash("echo ready; sleep 1000");
  if (!v2_group(spec.id).empty() || !group("freezer", spec.id).empty()) {
    GTEST_SKIP() << "this host can";
  }
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    DynoStory story;
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, line_seen);
    EXPECT_TRUE(co_await (*dyno)->freeze());
    co_await follow(**dyno, story, [](const DynoStory& s) { return s.freezer_answers > 0; });
    EXPECT_FALSE(story.frozen);
    co_await release(**dyno);
  });
}

}  // namespace
}  // namespace davit::test
