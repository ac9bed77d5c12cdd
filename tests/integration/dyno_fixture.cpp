#include "dyno_fixture.hpp"

#include <dirent.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "server/dynos/layout.hpp"

namespace davit::test {
namespace {

constexpr std::uint32_t app_uid = 23456;
constexpr auto test_limit = std::chrono::seconds(60);

// DAVIT_TEST_LEVEL: the same tests at another level than the machine's best (ctest runs them at
// each).
std::optional<dyno::Level> wanted_level() {
  const char* text = std::getenv("DAVIT_TEST_LEVEL");
  for (const auto level : {dyno::Level::a, dyno::Level::b, dyno::Level::c}) {
    if (text != nullptr && dyno::to_string(level) == text) return level;
  }
  return std::nullopt;
}

}  // namespace

DynoTest::DynoTest() {
  // The app's user must be able to reach a bind's source at level C; overlays are reached through
  // mounts.
  ::chmod(dir_.path().c_str(), 0755);
  auto launcher = dynos::make_launcher(
      io_.get_executor(), dynos::LauncherConfig{(programs_dir() / "davit-dyno").string(),
                                                dir_.str("run"), wanted_level()});
  EXPECT_TRUE(launcher) << launcher.error().message;
  launcher_ = std::move(*launcher);
  EXPECT_TRUE(make_directories(slug(), 0755));
  EXPECT_TRUE(write_file_atomic(slug() + "/file", "of the slug\n", 0644));
  own_uid_ = ::geteuid() == 0 && launcher_->level() != dyno::Level::b;
  if (own_uid_) {
    EXPECT_EQ(::chown(slug().c_str(), app_uid, app_uid), 0);
    EXPECT_EQ(::chown((slug() + "/file").c_str(), app_uid, app_uid), 0);
  }
}

void DynoTest::TearDown() {
  EXPECT_TRUE(becomes_true([this] {
    io_.poll();
    io_.restart();
    return launcher_->list().empty();
  })) << "a socket is left behind";
  EXPECT_TRUE(launcher_->leftovers().empty()) << "a cgroup is left behind";
  std::error_code ec;
  const auto scratch = dir_.path() / "scratch";
  EXPECT_TRUE(!std::filesystem::exists(scratch) || std::filesystem::is_empty(scratch, ec))
      << "a scratch folder is left behind";
}

dyno::Spec DynoTest::bash(const std::string& script) {
  dyno::Spec spec;
  spec.id = "test-" + std::to_string(next_id_++);
  spec.name = "web.1";
  spec.argv = {"/bin/bash", "-c", script};
  spec.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", "/app"}, {"DYNO", "web.1"}};
  spec.scratch = dir_.str("scratch/" + spec.id);
  spec.mounts = {{slug(), "/app", dyno::MountMode::overlay}};
  if (own_uid_) spec.uid = app_uid;
  return launcher_->level() == dyno::Level::c ? dynos::adapt_to_level_c(std::move(spec)) : spec;
}

void DynoTest::run(std::function<Task<>()> body) {
  bool ended = false;
  asio::co_spawn(io_, body(), [&](std::exception_ptr failure) {
    ended = true;
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  });
  const auto deadline = std::chrono::steady_clock::now() + test_limit;
  while (!ended && std::chrono::steady_clock::now() < deadline) {
    io_.run_one_for(std::chrono::seconds(1));
    io_.restart();
  }
  ASSERT_TRUE(ended) << "the test's coroutine hangs";
}

DynoStory DynoTest::run_to_end(const dyno::Spec& spec) {
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    if (!dyno) co_return;
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    std::function<bool(const DynoStory&)> never = [](const DynoStory&) { return false; };
    co_await follow(**dyno, story, std::move(never));
    co_await release(**dyno);
  });
  EXPECT_TRUE(story.exit) << story.output;
  if (!story.exit) story.exit.emplace();
  return story;
}

Task<Result<std::unique_ptr<dynos::DynoProcess>>> DynoTest::launch(dyno::Spec spec) {
  auto dyno = co_await launcher_->launch(std::move(spec));
  EXPECT_TRUE(dyno) << dyno.error().message;
  co_return dyno;
}

Task<> DynoTest::follow(dynos::DynoProcess& dyno, DynoStory& story,
                        std::function<bool(const DynoStory&)> enough) {
  while (!story.exit && !enough(story)) {
    auto event = co_await dyno.next_event();
    EXPECT_TRUE(event) << event.error().message;
    if (!event) co_return;
    if (const auto* chunk = std::get_if<OutputChunk>(&*event)) {
      EXPECT_EQ(chunk->offset, story.output_from + story.output.size()) << "a gap or a repetition";
      story.output += chunk->bytes;
    } else if (const auto* dropped = std::get_if<dyno::Dropped>(&*event)) {
      story.dropped.push_back(*dropped);
      story.output.clear();
      story.output_from = dropped->to;
    } else if (std::holds_alternative<dyno::Listening>(*event)) {
      story.listening = true;
    } else if (const auto* usage = std::get_if<dyno::Usage>(&*event)) {
      story.usage = *usage;
    } else if (const auto* frozen = std::get_if<dyno::Frozen>(&*event)) {
      story.frozen = frozen->frozen;
      ++story.freezer_answers;
    } else if (const auto* exited = std::get_if<dyno::Exited>(&*event)) {
      story.exit = exited->record;
    }
  }
}

Task<> DynoTest::release(dynos::DynoProcess& dyno) {
  EXPECT_TRUE(co_await dyno.release());
  for (;;) {
    auto event = co_await dyno.next_event();
    if (event) continue;
    EXPECT_EQ(event.error().code, Errc::unavailable) << event.error().message;
    co_return;
  }
}

std::size_t count_marked(const std::string& mark) {
  std::size_t count = 0;
  const std::string wanted = "DAVIT_TEST_MARK=" + mark;
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = ::readdir(proc)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    const auto text = read_file("/proc/" + std::string(entry->d_name) + "/environ", 1 << 20);
    if (text && text->find(wanted) != std::string::npos) ++count;
  }
  ::closedir(proc);
  return count;
}

bool becomes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace davit::test
