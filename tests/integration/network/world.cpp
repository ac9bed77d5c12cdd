#include "world.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.hpp"
#include "base/pipe.hpp"

namespace davit::test {
namespace {

constexpr const char* ip_program = "/usr/sbin/ip";
constexpr const char* nft_program = "/usr/sbin/nft";
constexpr int patience_ms = 20'000;

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> list;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

std::string ip(const std::string& arguments) {
  std::vector<std::string> argv{ip_program};
  for (auto& word : words(arguments)) argv.push_back(std::move(word));
  return run_program(std::move(argv));
}

std::string ip_inside(pid_t process, const std::string& arguments) {
  std::vector<std::string> argv{ip_program};
  for (auto& word : words(arguments)) argv.push_back(std::move(word));
  return run_inside(process, std::move(argv));
}

bool says(int fd, const std::string& wanted) {
  std::string text(wanted.size(), '\0');
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, patience_ms) == 1 &&
         ::read(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
         text == wanted;
}

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

std::string run_program(std::vector<std::string> argv, int expected) {
  auto output = make_pipe();
  EXPECT_TRUE(output);
  ProcessOptions options;
  options.argv = argv;
  options.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  options.stdout_fd = options.stderr_fd = output->write.get();
  auto process = Process::spawn(options);
  if (!process) {
    ADD_FAILURE() << process.error().message;
    return {};
  }
  output->write.reset();
  std::string text = read_all(output->read.get());
  const auto code = process->wait();
  EXPECT_EQ(code ? *code : -1, expected) << argv[0] << " " << argv.back() << ": " << text;
  return text;
}

std::string run_inside(pid_t process, std::vector<std::string> argv, int expected) {
  std::vector<std::string> all{"/usr/bin/nsenter", "--net", "--target", std::to_string(process),
                               "--"};
  all.insert(all.end(), argv.begin(), argv.end());
  return run_program(std::move(all), expected);
}

std::optional<World> World::make(std::string& why) {
  if (::geteuid() != 0) why = "only root makes network namespaces with devices between them";
  for (const char* program : {ip_program, nft_program, "/usr/bin/unshare", "/usr/bin/nsenter"}) {
    if (::access(program, X_OK) != 0) why = std::string(program) + " is not installed";
  }
  if (!why.empty()) return std::nullopt;
  if (::unshare(CLONE_NEWNET) != 0) {
    why = fail_errno(errno, "make a network namespace").message;
    return std::nullopt;
  }
  ip("link set lo up");
  auto input = make_pipe();
  auto output = make_pipe();
  ProcessOptions options;
  options.argv = {
      "/usr/bin/unshare",
      "--net",
      "--",
      "/usr/bin/python3",
      std::string(std::getenv("DAVIT_SOURCE")) + "/tests/integration/network/internet.py",
      "80",
      "25",
      "5432"};
  options.env = {{"PATH", "/usr/bin:/bin"}};
  options.stdin_fd = input->read.get();
  options.stdout_fd = output->write.get();
  auto process = Process::spawn(options);
  if (!process) {
    why = process.error().message;
    return std::nullopt;
  }
  World world(std::move(*process));
  world.keep_ = std::move(input->write);
  const int from = output->read.get();
  const bool serves = says(from, "ready\n") && world.connect_to_host() &&
                      write_all(world.keep_.get(), "go\n") && says(from, "serving\n");
  if (serves) return world;
  why = "the test's internet did not start";
  return std::nullopt;
}

bool World::connect_to_host() {
  const pid_t internet = internet_.pid();
  ip("link add net0 type veth peer name net1 netns " + std::to_string(internet));
  ip("addr add 192.0.2.2/24 dev net0");
  ip("link set net0 up");
  ip_inside(internet, "link set lo up");
  ip_inside(internet, "addr add 192.0.2.1/24 dev net1");
  ip_inside(internet, "link set net1 up");
  for (const char* address : {web, private_net, name_server, "169.254.169.254"}) {
    ip_inside(internet, std::string("addr add ") + address + "/32 dev lo");
  }
  ip("route add default via 192.0.2.1");
  // Somebody out there tries the way to the dynos.
  ip_inside(internet, "route add 198.18.0.0/15 via 192.0.2.2");
  return !testing::Test::HasFailure();
}

World::~World() {
  if (!keep_) return;  // moved from
  keep_.reset();
  (void)internet_.wait();
}

std::string leftovers() {
  std::string left = run_program({nft_program, "list", "ruleset"});
  const std::string devices = ip("-brief link");
  for (std::size_t at = 0; at < devices.size();) {
    const auto end = std::min(devices.find('\n', at), devices.size());
    if (devices.compare(at, 2, "dv") == 0) left += devices.substr(at, end - at + 1);
    at = end + 1;
  }
  return left;
}

}  // namespace davit::test
