#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <cstring>

#include "base/files.hpp"
#include "base/unique_fd.hpp"
#include "dyno_fixture.hpp"

namespace davit::test {
namespace {

using dyno::ExitReason;
using std::chrono::milliseconds;
using testing::HasSubstr;

using DynoLife = DynoTest;

bool has_line(const DynoStory& story) { return story.output.find('\n') != std::string::npos; }
bool never(const DynoStory&) { return false; }

TEST_F(DynoLife, StopReachesEveryProcessAlsoOneThatLeftItsSession) {
  const auto spec = bash(
      "trap 'sleep 0.3; echo near; exit 3' TERM; "
      "(setsid bash -c 'trap \"echo far; exit\" TERM; echo ready; while :; do sleep 0.02; done' "
      "&); while :; do sleep 0.02; done");
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, has_line);
    EXPECT_TRUE(co_await (*dyno)->stop(milliseconds(20'000)));
    co_await follow(**dyno, story, never);
    co_await release(**dyno);
  });
  EXPECT_THAT(story.output, HasSubstr("far\n"));
  EXPECT_THAT(story.output, HasSubstr("near\n"));
  EXPECT_EQ(story.exit->code, 3);
  EXPECT_EQ(story.exit->reason, ExitReason::stopped);
}

TEST_F(DynoLife, WhoIgnoresStopIsKilledAfterTheGrace) {
  const auto spec = bash("trap '' TERM; echo ready; while :; do sleep 0.02; done");
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, has_line);
    EXPECT_TRUE(co_await (*dyno)->stop(milliseconds(100)));
    co_await follow(**dyno, story, never);
    co_await release(**dyno);
  });
  EXPECT_EQ(story.exit->reason, ExitReason::stop_timeout);
  EXPECT_EQ(story.exit->code, 137);
  EXPECT_EQ(story.exit->signal, SIGKILL);
}

TEST_F(DynoLife, ADynoOverItsTimeLimitIsAskedToEnd) {
  auto spec = bash("trap 'echo saved; exit 0' TERM; sleep 60 & wait");
  spec.time_limit = milliseconds(150);
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::time_limit);
  EXPECT_EQ(story.exit->code, 0);
  EXPECT_EQ(story.output, "saved\n");
}

TEST_F(DynoLife, ADynoOverItsTimeLimitThatDoesNotEndIsKilled) {
  auto spec = bash("trap '' TERM; while true; do sleep 60; done");
  spec.time_limit = milliseconds(150);
  spec.stop_grace = milliseconds(100);
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::time_limit);
  EXPECT_GE(story.exit->ran, milliseconds(140));
}

TEST_F(DynoLife, LeftoversAreGoneWhenTheCommandEnds) {
  const std::string mark = "leftover-" + std::to_string(::getpid());
  auto spec = bash("for i in {1..20}; do (setsid sleep 1000 &) ; done; trap '' TERM; echo started");
  spec.env["DAVIT_TEST_MARK"] = mark;
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->code, 0);
  EXPECT_EQ(count_marked(mark), 0u);
}

TEST_F(DynoLife, AForkingFloodIsKilledToTheLast) {
  const std::string mark = "bomb-" + std::to_string(::getpid());
  auto spec = bash(
      "echo go; bomb() { setsid sleep 1000 & [ $1 -gt 0 ] && { bomb $(($1-1)) & bomb "
      "$(($1-1)) & }; wait; }; bomb 4");
  spec.env["DAVIT_TEST_MARK"] = mark;
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, has_line);
    EXPECT_TRUE(co_await (*dyno)->kill());
    co_await follow(**dyno, story, never);
    EXPECT_EQ(count_marked(mark), 0u);
    co_await release(**dyno);
  });
  EXPECT_EQ(story.exit->reason, ExitReason::killed);
}

TEST_F(DynoLife, OutputSurvivesTheReaderAndNoByteComesTwice) {
  const auto spec = bash("for i in {1..2000}; do echo \"line $i\"; done; exit 5");
  std::string expected;
  for (int i = 1; i <= 2000; ++i) expected += "line " + std::to_string(i) + "\n";
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto first = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*first)->subscribe(0));
    co_await follow(**first, story, has_line);
    EXPECT_TRUE(co_await (*first)->ack(4));
    first->reset();  // davitd is killed
    std::string id = spec.id;
    auto second = co_await launcher_->adopt(std::move(id));
    EXPECT_TRUE(second) << second.error().message;
    EXPECT_EQ((*second)->status().id, spec.id);
    EXPECT_TRUE(co_await (*second)->subscribe(story.output.size()));
    co_await follow(**second, story, never);
    co_await release(**second);
  });
  EXPECT_EQ(story.output, expected);
  EXPECT_EQ(story.exit->code, 5);
}

TEST_F(DynoLife, AnUnreadSpoolDropsTheOldestAndCountsIt) {
  auto spec = bash("head -c 300000 /dev/zero | tr '\\0' x; echo; echo end");
  spec.spool_bytes = 65536;
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    dyno->reset();  // the dyno goes on and ends unread
    for (bool exited = false; !exited;) {
      std::string id = spec.id;
      auto again = co_await launcher_->adopt(std::move(id));
      exited = (*again)->status().state == dyno::State::exited;
      if (!exited) continue;
      EXPECT_EQ((*again)->status().output_end, 300005u);
      EXPECT_TRUE(co_await (*again)->subscribe(0));
      co_await follow(**again, story, never);
      co_await release(**again);
    }
  });
  ASSERT_EQ(story.dropped.size(), 1u);
  EXPECT_EQ(story.dropped[0].from, 0u);
  EXPECT_EQ(story.dropped[0].to, 300005u - 65536u);
  EXPECT_EQ(story.output.size(), 65536u);
  EXPECT_THAT(story.output, testing::EndsWith("\nend\n"));
}

TEST_F(DynoLife, ABlockingSpoolLosesNothing) {
  auto spec = bash("head -c 300000 /dev/zero | tr '\\0' x; echo end");
  spec.spool_bytes = 65536;
  spec.spool_policy = dyno::SpoolPolicy::block;
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    while (!story.exit) {
      const auto seen = story.output.size();
      const auto grown = [seen](const DynoStory& s) { return s.output.size() > seen; };
      co_await follow(**dyno, story, grown);
      EXPECT_TRUE(co_await (*dyno)->ack(story.output.size()));
    }
    co_await release(**dyno);
  });
  EXPECT_TRUE(story.dropped.empty());
  EXPECT_EQ(story.output.size(), 300004u);
}

// A port that is free now; the dyno binds it a moment later.
std::uint16_t free_port() {
  const UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  address.ss_family = AF_INET6;
  socklen_t size = sizeof(sockaddr_storage);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), 28), 0);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  std::uint16_t port = 0;
  std::memcpy(&port, reinterpret_cast<char*>(&address) + 2, sizeof port);
  return static_cast<std::uint16_t>(port << 8 | port >> 8);
}

class DynoListening : public DynoTest, public testing::WithParamInterface<const char*> {};

TEST_P(DynoListening, IsToldOnceItIsTrue) {
  auto spec = bash("");
  spec.port = free_port();
  const std::string family = std::string(GetParam()) == "::" ? "AF_INET6" : "AF_INET";
  spec.argv = {"/usr/bin/python3", "-c",
               "import socket,time\ns=socket.socket(socket." + family + ")\ns.bind(('" +
                   GetParam() + "'," + std::to_string(*spec.port) +
                   "))\ns.listen()\ntime.sleep(60)"};
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, [](const DynoStory& s) { return s.listening; });
    co_await release(**dyno);  // before the exit: kills first
  });
  EXPECT_TRUE(story.listening) << story.output;
}

INSTANTIATE_TEST_SUITE_P(Addresses, DynoListening, testing::Values("127.0.0.1", "::"));

TEST_F(DynoLife, AnOwnerBoundDynoDiesWithItsLastConnection) {
  const std::string mark = "owned-" + std::to_string(::getpid());
  auto spec = bash("echo ready; sleep 1000");
  spec.env["DAVIT_TEST_MARK"] = mark;
  spec.owner_bound = true;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    DynoStory story;
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, has_line);
    dyno->reset();
  });
  EXPECT_TRUE(becomes_true([&] { return launcher_->list().empty(); }));
  EXPECT_EQ(count_marked(mark), 0u);
}

TEST_F(DynoLife, AClientThatTalksNonsenseIsDisconnectedAndTheDynoRunsOn) {
  auto spec = bash("echo ready; sleep 1000");
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, has_line);
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = dir_.str("run/" + spec.id + ".sock");
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(fd.get(), "\xff\xff\xff\xff nonsense", 13, MSG_NOSIGNAL), 13);
    char buffer[4096];
    while (::recv(fd.get(), buffer, sizeof buffer, 0) > 0) {
    }
    EXPECT_TRUE(co_await (*dyno)->kill());
    co_await follow(**dyno, story, never);
    co_await release(**dyno);
  });
  EXPECT_EQ(story.exit->reason, ExitReason::killed);
}

TEST_F(DynoLife, KillingTheLauncherKillsTheDyno) {
  const std::string mark = "launcher-" + std::to_string(::getpid());
  auto spec = bash("echo ready; sleep 1000");
  spec.env["DAVIT_TEST_MARK"] = mark;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    DynoStory story;
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, has_line);
    // bash becomes its last command: for a moment it has no environment to be seen.
    EXPECT_TRUE(becomes_true([&] { return count_marked(mark) >= 1; }));
    ::kill((*dyno)->status().launcher_pid, SIGKILL);
    auto event = co_await (*dyno)->next_event();
    EXPECT_FALSE(event);
    EXPECT_TRUE(becomes_true([&] { return count_marked(mark) == 0; }));
    std::string id = spec.id;
    auto dead = co_await launcher_->adopt(std::move(id));
    EXPECT_FALSE(dead);
    EXPECT_EQ(dead ? Errc::internal : dead.error().code, Errc::not_found);
  });
  // Their owner is dead: the supervisor's task.
  EXPECT_TRUE(remove_tree(spec.scratch));
  for (const auto& id : launcher_->leftovers()) launcher_->sweep(id);
}

TEST_F(DynoLife, TerminalSignalsDoNotEndTheLauncher) {
  auto spec = bash("echo ready; sleep 1000");
  DynoStory story;
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launch(std::move(copy));
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, has_line);
    ::kill((*dyno)->status().launcher_pid, SIGHUP);
    ::kill((*dyno)->status().launcher_pid, SIGINT);
    EXPECT_TRUE(co_await (*dyno)->kill());
    co_await follow(**dyno, story, never);
    co_await release(**dyno);
  });
  EXPECT_EQ(story.exit->reason, ExitReason::killed);
}

TEST_F(DynoLife, ACancelledLaunchLeavesNothingBehind) {
  const std::string mark = "cancelled-" + std::to_string(::getpid());
  auto spec = bash("sleep 1000");
  spec.env["DAVIT_TEST_MARK"] = mark;
  asio::cancellation_signal stop;
  bool ended = false;
  auto launch_alone = [&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launcher_->launch(std::move(copy));
    EXPECT_EQ(dyno ? Errc::internal : dyno.error().code, Errc::cancelled);
  };
  asio::co_spawn(
      io_, launch_alone(),
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { ended = true; }));
  io_.poll();  // davit-dyno is started and awaited
  stop.emit(asio::cancellation_type::terminal);
  io_.restart();
  io_.run();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(becomes_true([&] { return count_marked(mark) == 0; }));
}

TEST_F(DynoLife, ALaunchThatCannotWorkSaysWhatDavitDynoSaid) {
  auto spec = bash("true");
  spec.argv.clear();
  run([&]() -> Task<> {
    auto copy = spec;
    auto dyno = co_await launcher_->launch(std::move(copy));
    EXPECT_FALSE(dyno);
    EXPECT_THAT(dyno ? "" : dyno.error().message, HasSubstr("argv"));
  });
}

}  // namespace
}  // namespace davit::test
