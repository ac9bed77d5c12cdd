// Commands that somebody talks with: the dyno's own, and others beside it.
#include <signal.h>

#include <algorithm>

#include "dyno_fixture.hpp"

namespace davit::test {
namespace {

using dynos::SessionLink;
using run_stream::Channel;
using run_stream::Ended;
using run_stream::EndOfInput;
using run_stream::FromCommand;
using run_stream::Input;
using run_stream::Interaction;
using run_stream::Output;
using run_stream::Resize;
using run_stream::WindowSize;

// What a caller saw.
struct Talk {
  std::string output;
  std::string errors;
  std::uint64_t credit = 0;
  bool started = false;
  std::optional<Ended> ended;
  bool broken = false;  // the connection ended without a word
};

class SessionTest : public DynoTest {
 protected:
  using Link = std::unique_ptr<SessionLink>;

  // Launches a dyno whose command is talked with and runs `body` with its other end; then it is
  // released.
  void talk(const std::string& script, Interaction interaction,
            std::function<Task<>(SessionLink&, Talk&)> body) {
    auto spec = bash(script);
    spec.interaction = interaction;
    spec.owner_bound = true;
    const std::string id = spec.id;
    run([&]() -> Task<> {
      auto dyno = co_await launch(std::move(spec));
      if (!dyno) co_return;
      EXPECT_TRUE(co_await (*dyno)->subscribe(0));
      auto link = co_await launcher_->attach(id);
      EXPECT_TRUE(link) << link.error().message;
      if (!link) co_return;
      co_await body(**link, talk_);
      link->reset();
      std::function<bool(const DynoStory&)> never = [](const DynoStory&) { return false; };
      co_await follow(**dyno, story_, std::move(never));
      EXPECT_EQ(story_.output, "") << "what is talked with has no spool";
      co_await release(**dyno);
    });
  }

  // Runs a formation dyno and `body` beside it.
  void beside(const std::string& script, std::function<Task<>(std::string id)> body) {
    auto spec = bash(script);
    const std::string id = spec.id;
    run([&]() -> Task<> {
      auto dyno = co_await launch(std::move(spec));
      if (!dyno) co_return;
      EXPECT_TRUE(co_await (*dyno)->subscribe(0));
      std::function<bool(const DynoStory&)> up = [](const DynoStory& story) {
        return story.output.find("up\n") != std::string::npos;
      };
      co_await follow(**dyno, story_, std::move(up));
      co_await body(id);
      EXPECT_TRUE(co_await (*dyno)->kill());
      std::function<bool(const DynoStory&)> never = [](const DynoStory&) { return false; };
      co_await follow(**dyno, story_, std::move(never));
      co_await release(**dyno);
    });
  }

  Task<Link> exec(std::string id, std::string script, Interaction interaction = {}) {
    dyno::Exec what{{"/bin/bash", "-c", std::move(script)}, {{"EXTRA", "given"}}, interaction};
    auto link = co_await launcher_->exec(std::move(id), std::move(what));
    EXPECT_TRUE(link) << link.error().message;
    co_return link ? std::move(*link) : nullptr;
  }

  static Task<> read(
      SessionLink& link, Talk& talk,
      std::function<bool(const Talk&)> enough = [](const Talk&) { return false; }) {
    while (!talk.ended && !enough(talk)) {
      auto message = co_await link.next();
      if (!message) {
        talk.broken = true;
        co_return;
      }
      if (auto* output = std::get_if<Output>(&*message)) {
        (output->channel == Channel::output ? talk.output : talk.errors) += output->bytes;
      } else if (const auto* credit = std::get_if<run_stream::Credit>(&*message)) {
        talk.credit += credit->bytes;
      } else if (std::holds_alternative<run_stream::Started>(*message)) {
        talk.started = true;
      } else if (auto* ended = std::get_if<Ended>(&*message)) {
        talk.ended = *ended;
      }
    }
  }
  static std::function<bool(const Talk&)> says(std::string text) {
    return [text = std::move(text)](const Talk& talk) {
      return talk.output.find(text) != std::string::npos;
    };
  }
  static Task<> type(SessionLink& link, std::string bytes) {
    run_stream::ToCommand input = Input{std::move(bytes)};
    const auto sent = co_await link.send(std::move(input));
    EXPECT_TRUE(sent) << sent.error().message;
  }
  template <class Message>
  static Task<> tell(SessionLink& link, Message message) {
    run_stream::ToCommand named = message;
    const auto sent = co_await link.send(std::move(named));
    EXPECT_TRUE(sent) << sent.error().message;
  }
  // Runs a command inside a dyno to its end.
  Task<Talk> ask(std::string id, std::string script) {
    Talk talk;
    auto link = co_await exec(std::move(id), std::move(script));
    co_await read(*link, talk);
    co_return talk;
  }

  Talk talk_;
  DynoStory story_;
};

Interaction terminal(std::uint16_t columns, std::uint16_t rows) {
  return {true, WindowSize{columns, rows}};
}

TEST_F(SessionTest, PipesKeepOutputAndErrorsApartAndTellTheExitCode) {
  talk("echo out; echo err >&2; [ -t 0 ] || echo no terminal; exit 7", {},
       [](SessionLink& link, Talk& talk) -> Task<> { co_await read(link, talk); });
  EXPECT_TRUE(talk_.started);
  EXPECT_EQ(talk_.output, "out\nno terminal\n");
  EXPECT_EQ(talk_.errors, "err\n");
  ASSERT_TRUE(talk_.ended);
  EXPECT_EQ(talk_.ended->code, 7);
  EXPECT_EQ(talk_.ended->reason, "exited");
  EXPECT_EQ(story_.exit->code, 7);
}

// 100 MB in and the same 100 MB out, with never more than the window on the way.
TEST_F(SessionTest, EveryByteGoesThroughBothWays) {
  constexpr std::uint64_t total = 100ull * 1000 * 1000;
  const auto byte_at = [](std::uint64_t at) {
    return static_cast<char>((at * 31 + (at >> 16)) & 255);
  };
  std::uint64_t received = 0;
  bool same = true;
  talk("cat", {}, [&](SessionLink& link, Talk& talk) -> Task<> {
    std::uint64_t sent = 0, credit = 0;
    bool ended_input = false;
    while (!talk.ended) {
      while (credit > 0 && sent < total) {
        std::string bytes(
            std::min({credit, total - sent, std::uint64_t{run_stream::data_bytes_max}}), '\0');
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = byte_at(sent + i);
        sent += bytes.size();
        credit -= bytes.size();
        co_await type(link, std::move(bytes));
      }
      if (sent == total && !ended_input) {
        ended_input = true;
        co_await tell(link, EndOfInput{});
      }
      auto message = co_await link.next();
      if (!message) co_return;
      if (auto* output = std::get_if<Output>(&*message)) {
        for (const char byte : output->bytes) same = same && byte == byte_at(received++);
      } else if (const auto* more = std::get_if<run_stream::Credit>(&*message)) {
        credit += more->bytes;
      } else if (auto* ended = std::get_if<Ended>(&*message)) {
        talk.ended = *ended;
      }
    }
  });
  EXPECT_EQ(received, total);
  EXPECT_TRUE(same);
  ASSERT_TRUE(talk_.ended);
  EXPECT_EQ(talk_.ended->code, 0);
}

TEST_F(SessionTest, ACommandThatNeverReadsStillGetsSignals) {
  talk("trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.02; done", {},
       [](SessionLink& link, Talk& talk) -> Task<> {
         co_await read(link, talk, says("ready"));
         co_await type(link, std::string(run_stream::data_bytes_max, 'x'));
         co_await type(link, std::string(run_stream::data_bytes_max, 'x'));
         co_await type(link, std::string(run_stream::data_bytes_max, 'x'));
         const run_stream::Signal interrupt{SIGINT};
         co_await tell(link, interrupt);
         co_await read(link, talk);
       });
  EXPECT_NE(talk_.output.find("interrupted"), std::string::npos);
  ASSERT_TRUE(talk_.ended);
  EXPECT_EQ(talk_.ended->code, 3);
}

TEST_F(SessionTest, ASignalThatEndsTheCommandIsToldAsOne) {
  talk("echo ready; exec sleep 1000", {}, [](SessionLink& link, Talk& talk) -> Task<> {
    co_await read(link, talk, says("ready"));
    const run_stream::Signal terminate{SIGTERM};
    co_await tell(link, terminate);
    co_await read(link, talk);
  });
  ASSERT_TRUE(talk_.ended);
  EXPECT_EQ(talk_.ended->code, 128 + SIGTERM);
  EXPECT_EQ(talk_.ended->signal, SIGTERM);
}

TEST_F(SessionTest, InputWithoutCreditHangsUp) {
  talk("cat", {}, [](SessionLink& link, Talk& talk) -> Task<> {
    for (std::size_t sent = 0; sent <= 4 * run_stream::input_window; sent += 32 * 1024) {
      run_stream::ToCommand input = Input{std::string(32 * 1024, 'x')};
      const auto went = co_await link.send(std::move(input));
      if (!went) break;
    }
    co_await read(link, talk);
  });
  EXPECT_TRUE(talk_.broken);
  EXPECT_EQ(story_.exit->reason, dyno::ExitReason::owner_gone);
}

TEST_F(SessionTest, ATerminalHasANameASizeAndItsKeys) {
  talk(
      "tty; stty size; stty -echo; echo ready; read line; echo \"got $line\"; read rest || echo "
      "end",
      terminal(97, 31), [](SessionLink& link, Talk& talk) -> Task<> {
        co_await read(link, talk, says("ready"));
        co_await type(link, "hello\n");
        co_await read(link, talk, says("got hello"));
        co_await tell(link, EndOfInput{});
        co_await read(link, talk);
      });
  EXPECT_NE(talk_.output.find("/dev/pts/"), std::string::npos) << talk_.output;
  EXPECT_NE(talk_.output.find("31 97"), std::string::npos) << talk_.output;
  EXPECT_NE(talk_.output.find("end"), std::string::npos) << talk_.output;
  EXPECT_EQ(talk_.errors, "");
  EXPECT_EQ(talk_.ended->code, 0);
}

TEST_F(SessionTest, ANewWindowSizeIsASignalAndControlCIsAKey) {
  talk(
      "trap 'echo size $(stty size)' WINCH; trap 'echo bye; exit 5' INT; echo ready; "
      "while :; do sleep 0.02; done",
      terminal(80, 24), [](SessionLink& link, Talk& talk) -> Task<> {
        co_await read(link, talk, says("ready"));
        const Resize larger{{132, 50}};
        co_await tell(link, larger);
        co_await read(link, talk, says("size 50 132"));
        co_await type(link, "\x03");
        co_await read(link, talk);
      });
  EXPECT_NE(talk_.output.find("size 50 132"), std::string::npos) << talk_.output;
  ASSERT_TRUE(talk_.ended);
  EXPECT_EQ(talk_.ended->code, 5);
}

TEST_F(SessionTest, WhoHangsUpEndsTheCommand) {
  for (const bool with_terminal : {false, true}) {
    talk_ = {};
    story_ = {};
    talk("trap 'exit 9' HUP; echo ready; while :; do sleep 0.02; done", {with_terminal, {}},
         [](SessionLink& link, Talk& talk) -> Task<> { co_await read(link, talk, says("ready")); });
    ASSERT_TRUE(story_.exit);
    EXPECT_EQ(story_.exit->code, 9) << with_terminal;
    EXPECT_EQ(story_.exit->reason, dyno::ExitReason::owner_gone);
  }
}

TEST_F(SessionTest, ASlowReaderLosesNothingAfterTheEnd) {
  talk("head -c 200000 /dev/zero | tr '\\0' x", {}, [](SessionLink& link, Talk& talk) -> Task<> {
    co_await read(link, talk, [](const Talk& t) { return !t.output.empty(); });
    co_await read(link, talk);
  });
  EXPECT_EQ(talk_.output.size(), 200000u);
}

TEST_F(SessionTest, ACommandBesideTheDynosOwnHasExactlyItsRights) {
  const std::string look =
      "grep -E '^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' "
      "/proc/self/status; for n in user pid mnt net ipc uts; do readlink /proc/self/ns/$n; done; "
      "cat /proc/self/cgroup; ulimit -a; pwd; echo $DYNO; ls -m /proc/self/fd; id";
  beside("exec > >(cat); (" + look + ") > own; echo up; sleep 1000",
         [this, look](std::string id) -> Task<> {
           const Talk own = co_await ask(id, "cat own");
           const Talk beside_it = co_await ask(id, look);
           EXPECT_NE(own.output.find("Seccomp:"), std::string::npos) << own.errors;
           EXPECT_EQ(own.output, beside_it.output);
           const Talk env = co_await ask(id, "echo $HOME $EXTRA; env");
           EXPECT_NE(env.output.find("given"), std::string::npos);
           EXPECT_NE(env.output.find("DYNO=web.1"), std::string::npos) << env.output << env.errors;
         });
}

// Between the fork in init and the app's own program there is a process of ours inside: nothing of
// it is the app's.
TEST_F(SessionTest, TheAppSeesNothingOfWhatEnters) {
  if (launcher_->level() == dyno::Level::c) GTEST_SKIP() << "level C has no pid namespace";
  beside(
      "echo up; while :; do for p in /proc/[0-9]*; do case $(readlink $p/exe) in *davit*) "
      "echo $p >> seen; cat $p/environ $p/maps >> seen; ls $p/fd/ >> seen;; esac; done; done",
      [this](std::string id) -> Task<> {
        for (int i = 0; i < 30; ++i) {
          const Talk entered = co_await ask(id, "true");
          EXPECT_EQ(entered.ended.value_or(Ended()).reason, "exited");
        }
        const Talk seen =
            co_await ask(id,
                         "cat seen; cat /proc/1/environ /proc/1/maps; ls /proc/1/fd/; "
                         "readlink /proc/1/exe; readlink /proc/1/root");
        EXPECT_EQ(seen.output, "");
      });
}

TEST_F(SessionTest, CommandsBesideEachOtherAndTooMany) {
  beside("echo up; sleep 1000", [this](std::string id) -> Task<> {
    std::vector<Link> links;
    for (int i = 0; i < 16; ++i) {
      auto link = co_await exec(id, "echo here; exec sleep 1000");
      Talk talk;
      co_await read(*link, talk, says("here"));
      links.push_back(std::move(link));
    }
    const Talk refused = co_await ask(id, "true");
    EXPECT_EQ(refused.ended.value_or(Ended()).reason, "refused");
    links.clear();
    // Those are hung up, and there is room again.
    Talk talk = co_await ask(id, "true");
    while (talk.ended && talk.ended->reason == "refused") talk = co_await ask(id, "true");
    EXPECT_EQ(talk.ended->code, 0);
  });
}

TEST_F(SessionTest, TheDynosEndIsToldToWhoIsInside) {
  beside("echo up; read < <(while [ ! -e stop ]; do sleep 0.02; done); exit 0",
         [this](std::string id) -> Task<> {
           auto link =
               co_await exec(id, "touch stop; echo touched; exec sleep 1000", terminal(80, 24));
           Talk talk;
           co_await read(*link, talk);
           EXPECT_EQ(talk.ended.value_or(Ended()).detail, "the dyno has ended");
         });
}

TEST_F(SessionTest, NobodyTalksWithADynosCommandUnlessItWasMadeForThat) {
  beside("echo up; sleep 1000", [this](std::string id) -> Task<> {
    auto link = co_await launcher_->attach(id);
    EXPECT_TRUE(link);
    Talk talk;
    co_await read(**link, talk);
    EXPECT_EQ(talk.ended.value_or(Ended()).reason, "refused");
  });
}

}  // namespace
}  // namespace davit::test
