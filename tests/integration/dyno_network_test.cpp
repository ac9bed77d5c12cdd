#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "door_client.hpp"
#include "dyno_fixture.hpp"

namespace davit::test {
namespace {

using door::Outcome;
using testing::HasSubstr;

constexpr std::uint16_t app_port = 5000;

// Answers every connection with its dyno's name and ends it.
constexpr const char* server = R"(
import os, socket, sys, threading
def serve(c, peer):
  data = c.recv(100)
  c.sendall(os.environ['DYNO'].encode() + b' ' + peer[0].encode() + b' ' + data)
  c.close()
address, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
if address == '::1': s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.bind((address, port))
s.listen(int(sys.argv[3]) if len(sys.argv) > 3 else 1000)
while True:
  threading.Thread(target=serve, args=s.accept(), daemon=True).start()
)";

bool listens(const DynoStory& story) { return story.listening; }

class DynoNetwork : public DynoTest {
 protected:
  void SetUp() override {
    if (launcher_->level() == dyno::Level::c) GTEST_SKIP() << "level C has no own network";
  }

  dyno::Spec isolated(const std::string& script) {
    auto spec = bash(script);
    spec.network.mode = dyno::NetworkMode::isolated;
    return spec;
  }

  dyno::Spec app(const std::string& name, const std::string& address,
                 std::uint16_t port = app_port) {
    auto spec = isolated("");
    spec.name = name;
    spec.env["DYNO"] = name;
    spec.port = port;
    spec.argv = {"/usr/bin/python3", "-c", server, address, std::to_string(port)};
    return spec;
  }

  std::string door_path(const dyno::Spec& spec) const {
    return dir_.str("run/" + spec.id + ".net");
  }

  using Dyno = std::unique_ptr<dynos::DynoProcess>;
  // Up and listening, or the test has failed.
  Task<Dyno> start(dyno::Spec spec) {
    DynoStory story;
    auto dyno = co_await launch(std::move(spec));
    if (!dyno) co_return nullptr;
    EXPECT_TRUE(co_await (*dyno)->subscribe(0));
    co_await follow(**dyno, story, listens);
    EXPECT_TRUE(story.listening) << story.output;
    co_return std::move(*dyno);
  }
};

class DynoDoor : public DynoNetwork, public testing::WithParamInterface<const char*> {};

TEST_P(DynoDoor, LeadsToTheAppWhereverItListens) {
  const auto spec = app("web.1", GetParam());
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await start(std::move(copy));
    DoorClient client(door_path(spec));
    for (std::uint64_t id = 1; id <= 3; ++id) {
      const auto reply = client.request(id);
      EXPECT_EQ(reply.outcome, Outcome::connected);
      if (reply.socket) {
        EXPECT_THAT(talk(reply.socket.get(), "hello"), testing::EndsWith("1 hello"));
      }
    }
    co_await release(*dyno);
  });
  EXPECT_FALSE(DoorClient(door_path(spec)).connected());
}

INSTANTIATE_TEST_SUITE_P(Addresses, DynoDoor,
                         testing::Values("127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"));

TEST_F(DynoNetwork, TwoDynosListenOnTheSamePort) {
  const auto first = app("web.1", "0.0.0.0");
  const auto second = app("web.2", "0.0.0.0");
  run([&]() -> Task<> {
    auto one = first, two = second;
    const auto dyno1 = co_await start(std::move(one));
    const auto dyno2 = co_await start(std::move(two));
    const auto reply1 = DoorClient(door_path(first)).request(1);
    const auto reply2 = DoorClient(door_path(second)).request(1);
    EXPECT_EQ(talk(reply1.socket.get(), "x"), "web.1 127.0.0.1 x");
    EXPECT_EQ(talk(reply2.socket.get(), "x"), "web.2 127.0.0.1 x");
    co_await release(*dyno1);
    co_await release(*dyno2);
  });
}

// A listening socket of the host's loopback, and its port.
struct HostListener {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  std::uint16_t port = 0;
  HostListener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
};

TEST_F(DynoNetwork, TheHostDoesNotReachTheApp) {
  HostListener host;
  const std::uint16_t port = host.port;
  host.fd.reset();  // free again
  const auto spec = app("web.1", "0.0.0.0", port);
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await start(std::move(copy));
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_NE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    co_await release(*dyno);
  });
}

TEST_F(DynoNetwork, ADynoDoesNotReachTheHostsLoopback) {
  const HostListener host;
  ASSERT_EQ(::listen(host.fd.get(), 10), 0);
  const auto reach = fmt::format("exec 3<>/dev/tcp/127.0.0.1/{} && echo reached", host.port);
  EXPECT_THAT(run_to_end(isolated(reach)).output, HasSubstr("Connection refused"));
  EXPECT_THAT(run_to_end(bash(reach)).output, HasSubstr("reached")) << "the test itself is wrong";
}

TEST_F(DynoNetwork, WithoutAnUplinkThereIsOnlyLoopback) {
  const auto story =
      run_to_end(isolated("cat /proc/net/dev | tail -n +3 | cut -d: -f1; "
                          "exec 3<>/dev/tcp/192.0.2.1/80"));
  EXPECT_THAT(story.output, HasSubstr("lo\n"));
  EXPECT_THAT(story.output, HasSubstr("Network is unreachable"));
}

TEST_F(DynoNetwork, TheResolversAreTheSpecs) {
  auto spec = isolated("cat /etc/resolv.conf");
  spec.network.resolv_conf = "nameserver 192.0.2.53\noptions edns0\n";
  EXPECT_EQ(run_to_end(spec).output, spec.network.resolv_conf);
}

TEST_F(DynoNetwork, ManyRequestsAtOnceAreAllServed) {
  constexpr std::uint64_t many = 300;
  const auto spec = app("web.1", "127.0.0.1");
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await start(std::move(copy));
    DoorClient client(door_path(spec));
    for (std::uint64_t id = 1; id <= many; ++id) client.ask(id);
    std::size_t served = 0;
    for (std::uint64_t id = many; id >= 1; --id) {
      const auto reply = client.reply(id);
      if (reply.socket && talk(reply.socket.get(), "x") == "web.1 127.0.0.1 x") ++served;
    }
    EXPECT_EQ(served, many);
    co_await release(*dyno);
  });
}

TEST_F(DynoNetwork, NobodyListeningIsRefused) {
  auto spec = isolated("echo ready; sleep 1000");
  spec.port = app_port;
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await launch(std::move(copy));
    DoorClient client(door_path(spec));
    EXPECT_EQ(client.request(7).outcome, Outcome::refused);
    co_await release(**dyno);
  });
}

TEST_F(DynoNetwork, AnAppThatTakesNoConnectionsIsTimedOut) {
  auto spec = app("web.1", "127.0.0.1");
  spec.argv = {
      "/usr/bin/python3", "-c",
      "import socket, time\ns = socket.socket()\ns.bind(('127.0.0.1', 5000))\ns.listen(0)\n"
      "time.sleep(1000)"};
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await start(std::move(copy));
    DoorClient client(door_path(spec));
    std::set<Outcome> outcomes;
    for (std::uint64_t id = 1; id <= 8; ++id) client.ask(id);
    for (std::uint64_t id = 1; id <= 8; ++id) outcomes.insert(client.reply(id).outcome);
    EXPECT_THAT(outcomes, testing::ElementsAre(Outcome::connected, Outcome::timed_out));
    co_await release(*dyno);
  });
}

TEST_F(DynoNetwork, AClientThatBreaksTheFormatGoesAndOthersStay) {
  const auto spec = app("web.1", "127.0.0.1");
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await start(std::move(copy));
    DoorClient good(door_path(spec)), bad(door_path(spec));
    EXPECT_EQ(::send(bad.fd(), "nonsense", 8, MSG_NOSIGNAL), 8);
    EXPECT_TRUE(bad.closed_by_peer());
    EXPECT_EQ(good.request(1).outcome, Outcome::connected);
    co_await release(*dyno);
  });
}

TEST_F(DynoNetwork, TheDoorOfADynoThatEndedRefuses) {
  const auto spec = app("web.1", "127.0.0.1");
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await start(std::move(copy));
    DoorClient client(door_path(spec));
    const auto before = client.request(1);
    EXPECT_TRUE(co_await dyno->kill());
    DynoStory story;
    co_await follow(*dyno, story, [](const DynoStory&) { return false; });
    EXPECT_EQ(client.request(2).outcome, Outcome::refused);
    EXPECT_EQ(talk(before.socket.get(), "x"), "") << "the app is gone";
    co_await release(*dyno);
    EXPECT_TRUE(client.closed_by_peer());
  });
}

TEST_F(DynoNetwork, TheDoorIsItsOwnersAlone) {
  const auto spec = app("web.1", "127.0.0.1");
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await start(std::move(copy));
    struct stat info {};
    EXPECT_EQ(::stat(door_path(spec).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    co_await release(*dyno);
  });
}

TEST_F(DynoNetwork, TheDoorOpensForTheGroupThatTheSpecNames) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives a file to another group";
  auto spec = app("web.1", "127.0.0.1");
  spec.network.door_group = 54321;
  run([&]() -> Task<> {
    auto copy = spec;
    const auto dyno = co_await start(std::move(copy));
    struct stat info {};
    EXPECT_EQ(::stat(door_path(spec).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0660u);
    EXPECT_EQ(info.st_gid, 54321u);
    co_await release(*dyno);
  });
}

}  // namespace
}  // namespace davit::test
