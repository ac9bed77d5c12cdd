#include "server/network/networks.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "base/files.hpp"
#include "base/task_group.hpp"
#include "server/network/host.hpp"
#include "server/network/trial.hpp"
#include "tests/support/temp_dir.hpp"
#include "world.hpp"

namespace davit::test {
namespace {

using network::Networks;
using network::Uplink;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto test_limit = std::chrono::seconds(60);

std::optional<World> world;
std::string why_no_world;

// One davitd's networks at level A, in the test's own host.
class NetworksTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!world && why_no_world.empty()) world = World::make(why_no_world);
  }

  void SetUp() override {
    if (!world) GTEST_SKIP() << why_no_world;
    auto launcher = dynos::make_launcher(
        io_.get_executor(), {(programs_dir() / "davit-dyno").string(), dir_.str("run")});
    ASSERT_TRUE(launcher) << launcher.error().message;
    launcher_ = std::move(*launcher);
    if (launcher_->level() != dyno::Level::a) GTEST_SKIP() << "level A is not to be had here";
    ASSERT_TRUE(make_directories(dir_.str("data"), 0700));
  }

  void TearDown() override {
    if (!world) return;
    const auto gone = [] { return leftovers().empty(); };
    EXPECT_TRUE(becomes_true(gone)) << leftovers();
  }

  Networks::Config config(const std::string& data = "data") {
    Networks::Config config;
    config.settings.resolvers = {*network::Prefix::parse(World::name_server)};
    config.data = dir_.str(data);
    config.scratch = dir_.str("scratch");
    config.api_socket = dir_.str("run/api.sock");
    return config;
  }

  std::unique_ptr<Networks> started(Networks::Config config) {
    EXPECT_TRUE(make_directories(config.data, 0700));
    auto networks = std::make_unique<Networks>(
        Networks::Services{io_.get_executor(), *launcher_, workers_, random_}, std::move(config));
    run([&]() -> Task<> { co_await networks->start(); });
    return networks;
  }

  void run(const std::function<Task<>()>& body) {
    bool ended = false;
    asio::co_spawn(io_, body(), [&](std::exception_ptr failure) {
      ended = true;
      if (failure) ADD_FAILURE() << "an exception";
    });
    const auto deadline = std::chrono::steady_clock::now() + test_limit;
    while (!ended && std::chrono::steady_clock::now() < deadline) {
      io_.run_one_for(std::chrono::seconds(1));
      io_.restart();
    }
    ASSERT_TRUE(ended) << "the test's coroutine hangs";
  }

  bool becomes_true(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io_.run_one_for(std::chrono::milliseconds(20));
      io_.restart();
    }
    return true;
  }

  network::TrialHost trial_host() { return {*launcher_, random_, dir_.str("scratch")}; }

  // What a dyno with this network prints.
  std::string output_of(dyno::Network network, const std::string& script) {
    std::string output;
    run([&]() -> Task<> {
      network::Trial trial{network, script};
      auto outcome = co_await network::run_trial(trial_host(), std::move(trial));
      EXPECT_TRUE(outcome) << outcome.error().message;
      if (outcome) output = outcome->output;
    });
    return output;
  }

  // "the answer", or why there is none.
  std::string reach(dyno::Network network, const std::string& address, int port) {
    return output_of(std::move(network),
                     fmt::format("exec 3<>/dev/tcp/{}/{} && timeout 3 cat <&3", address, port));
  }

  network::TrialDyno sleeping(dyno::Network network) {
    network::TrialDyno dyno;
    run([&]() -> Task<> {
      network::Trial trial{network, "sleep 1000"};
      auto started = co_await network::start_trial(trial_host(), std::move(trial));
      EXPECT_TRUE(started) << started.error().message;
      if (started) dyno = std::move(*started);
    });
    return dyno;
  }

  void end(network::TrialDyno& dyno) {
    run([&]() -> Task<> { co_await network::end_trial(std::move(dyno)); });
  }

  asio::io_context io_;
  asio::thread_pool workers_{2};
  SystemRandom random_;
  TempDir dir_;
  std::unique_ptr<dynos::Launcher> launcher_;
};

TEST_F(NetworksTest, ADynoReachesTheInternetByTheHostsAddressAndNothingElse) {
  const auto networks = started(config());
  ASSERT_EQ(networks->plan().uplink, Uplink::veth);
  EXPECT_THAT(networks->plan().missing, IsEmpty());
  EXPECT_EQ(reach(networks->for_dyno(), World::web, 80), "203.0.113.10 sees 192.0.2.2\n");
  for (const char* denied : {World::private_net, "169.254.169.254"}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(reach(networks->for_dyno(), denied, 80), HasSubstr("No route to host")) << denied;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  }
  EXPECT_THAT(reach(networks->for_dyno(), World::host, 22), Not(HasSubstr("refused")));
  networks->stop();
}

TEST_F(NetworksTest, NamesAreResolvedByTheResolversOfTheAdmin) {
  const auto networks = started(config());
  EXPECT_EQ(
      output_of(networks->for_dyno(), "getent ahostsv4 shop.example | head -1 | cut -d' ' -f1"),
      "203.0.113.10\n");
  EXPECT_THAT(reach(networks->for_dyno(), World::name_server, 80), Not(HasSubstr("sees")))
      << "port 53 alone";
  networks->stop();
}

TEST_F(NetworksTest, TheAdminsWishesAreKept) {
  auto wishes = config();
  wishes.settings.allow = {*network::Rule::parse("10.0.0.0/24:5432/tcp"),
                           *network::Rule::parse("192.0.2.2:7070")};
  wishes.settings.deny = {*network::Rule::parse("*:25")};
  const auto networks = started(std::move(wishes));
  EXPECT_THAT(reach(networks->for_dyno(), World::private_net, 5432), HasSubstr("10.0.0.5 sees"));
  EXPECT_THAT(reach(networks->for_dyno(), World::private_net, 80), Not(HasSubstr("sees")));
  EXPECT_THAT(reach(networks->for_dyno(), World::web, 25), HasSubstr("No route to host"));
  EXPECT_THAT(reach(networks->for_dyno(), World::host, 7070), HasSubstr("refused"))
      << "the host answers where it is allowed to";
  networks->stop();
}

TEST_F(NetworksTest, TheRoutersPublicPortsAreOpenToDynosToo) {
  auto public_router = config();
  public_router.public_ports = {8080};
  const auto networks = started(std::move(public_router));
  EXPECT_THAT(reach(networks->for_dyno(), World::host, 8080), HasSubstr("refused"));
  EXPECT_THAT(reach(networks->for_dyno(), World::host, 8081), HasSubstr("No route to host"));
  networks->stop();
}

TEST_F(NetworksTest, DynosOfOneOrTwoDavitdsDoNotMeet) {
  const auto one = started(config("one"));
  const auto two = started(config("two"));
  const auto network = one->for_dyno();
  auto neighbour = sleeping(network);
  EXPECT_THAT(reach(one->for_dyno(), network.veth->address, 5000), HasSubstr("No route to host"));
  EXPECT_THAT(reach(two->for_dyno(), network.veth->address, 5000), HasSubstr("No route to host"));
  EXPECT_NE(one->for_dyno().veth->device.substr(0, 5), two->for_dyno().veth->device.substr(0, 5));
  one->stop();
  EXPECT_THAT(leftovers(), HasSubstr(network.veth->device)) << "a dyno of it goes on";
  EXPECT_THAT(reach(two->for_dyno(), World::web, 80), HasSubstr("sees"));
  two->stop();
  end(neighbour);
  one->stop();
}

// A connection to the dyno's address: nothing may answer, not even with a refusal.
bool silent(const std::string& address, std::uint16_t port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return false;
  pollfd answered{fd.get(), POLLOUT, 0};
  return ::poll(&answered, 1, 300) == 0;
}

TEST_F(NetworksTest, NobodyOutsideReachesADyno) {
  const auto networks = started(config());
  const auto network = networks->for_dyno();
  auto dyno = sleeping(network);
  EXPECT_TRUE(silent(network.veth->address, 5000)) << "from the host";
  const auto from_outside =
      "import socket\nsocket.create_connection(('" + network.veth->address + "', 5000), 0.5)";
  EXPECT_THAT(run_inside(world->internet(), {"/usr/bin/python3", "-c", from_outside}, 1),
              HasSubstr("timed out"));
  end(dyno);
  networks->stop();
}

TEST_F(NetworksTest, AnAddressThatIsNotItsOwnLeadsADynoNowhere) {
  const auto networks = started(config());
  const auto network = networks->for_dyno();
  const auto other = networks->for_dyno();
  auto dyno = sleeping(network);
  ASSERT_TRUE(becomes_true([&] { return dyno->status().init_pid > 0; }));
  const pid_t inside = dyno->status().init_pid;
  const std::string connect =
      "import socket, sys\ns = socket.socket()\ns.settimeout(1)\ns.bind((sys.argv[1], 0))\n"
      "s.connect(('203.0.113.10', 80))\nprint(s.recv(100).decode())";
  EXPECT_THAT(run_inside(inside, {"/usr/bin/python3", "-c", connect, network.veth->address}),
              HasSubstr("sees"));
  for (const std::string& false_address : {other.veth->address, std::string("192.0.2.77")}) {
    run_inside(inside, {"/usr/sbin/ip", "addr", "add", false_address + "/32", "dev", "lo"});
    EXPECT_THAT(run_inside(inside, {"/usr/bin/python3", "-c", connect, false_address}, 1),
                HasSubstr("timed out"))
        << false_address;
  }
  end(dyno);
  networks->stop();
}

TEST_F(NetworksTest, AFilterThatSomebodyFlushesComesBack) {
  const auto networks = started(config());
  TaskGroup tasks(io_.get_executor());
  tasks.spawn("guard", networks->guard());
  run_program({"/usr/sbin/nft", "flush", "ruleset"});
  EXPECT_THAT(leftovers(), IsEmpty());
  EXPECT_TRUE(
      becomes_true([] { return leftovers().find("table inet davit_") != std::string::npos; }));
  EXPECT_THAT(reach(networks->for_dyno(), World::web, 80), HasSubstr("sees"));
  EXPECT_THAT(reach(networks->for_dyno(), "169.254.169.254", 80), Not(HasSubstr("sees")));
  tasks.cancel();
  run([&]() -> Task<> { co_await tasks.join(); });
  networks->stop();
}

TEST_F(NetworksTest, TheNextStartTakesTheSameRangeAndDynosGoOn) {
  auto first = started(config());
  const auto network = first->for_dyno();
  auto dyno = sleeping(network);
  first->stop();  // the table stays: a dyno goes on
  first.reset();
  const auto second = started(config());
  EXPECT_EQ(second->for_dyno().veth->gateway, network.veth->gateway);
  EXPECT_THAT(run_inside(dyno->status().init_pid,
                         {"/usr/bin/python3", "-c",
                          "import socket\ns = socket.create_connection(('203.0.113.10', 80), 5)\n"
                          "print(s.recv(100).decode())"}),
              HasSubstr("sees 192.0.2.2"));
  for (int i = 0; i < 5000; ++i) {
    ASSERT_NE(second->for_dyno().veth->device, network.veth->device) << "it is in use";
  }
  end(dyno);
  network::remove_leftovers(config().data);
}

TEST_F(NetworksTest, WhereAnotherFilterDropsWhatIsForwardedDynosShareTheHostsNetwork) {
  run_program({"/usr/sbin/nft",
               "add table ip foreign; add chain ip foreign forward { type filter "
               "hook forward priority 0; policy drop; }"});
  const auto networks = started(config());
  EXPECT_FALSE(networks->plan().dynos_isolated);
  ASSERT_EQ(networks->plan().missing.size(), 1u);
  EXPECT_THAT(networks->plan().missing[0].what, HasSubstr("another packet filter"));
  EXPECT_FALSE(networks->for_dyno().isolated());
  EXPECT_FALSE(networks->for_build().isolated());
  networks->stop();
  run_program({"/usr/sbin/nft", "delete table ip foreign"});
}

TEST_F(NetworksTest, WithoutEgressNothingIsSetUpOnTheHost) {
  auto alone = config();
  alone.settings.egress = network::Egress::none;
  const auto networks = started(std::move(alone));
  EXPECT_TRUE(networks->for_dyno().isolated());
  EXPECT_FALSE(networks->for_build().isolated());
  EXPECT_THAT(leftovers(), IsEmpty());
  EXPECT_THAT(reach(networks->for_dyno(), World::web, 80), HasSubstr("Network is unreachable"));
  networks->stop();
}

TEST_F(NetworksTest, TheDoctorProvesEachByTrying) {
  const auto networks = started(config());
  std::vector<network::Check> checks;
  run([&]() -> Task<> { checks = co_await networks->examine(); });
  EXPECT_EQ(checks.size(), 7u);
  for (const auto& check : checks) EXPECT_TRUE(check.ok) << check.check << ": " << check.detail;
  networks->stop();
}

TEST_F(NetworksTest, TheDoctorSeesWhatIsWrong) {
  auto open = config();
  open.settings.allow = {*network::Rule::parse("169.254.0.0/16")};
  const auto networks = started(std::move(open));
  std::vector<network::Check> checks;
  run([&]() -> Task<> { checks = co_await networks->examine(); });
  const auto failed = std::count_if(checks.begin(), checks.end(),
                                    [](const network::Check& check) { return !check.ok; });
  EXPECT_EQ(failed, 1) << "the metadata service alone";
  networks->stop();
}

}  // namespace
}  // namespace davit::test
