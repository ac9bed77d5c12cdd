// A connection to an app through its dyno's door against a plain connect(2) to a port of the host,
// by turns in one run.
//   DAVIT_BIN=build/bench/bin build/bench/bin/door_bench
// Times are medians; "cpu_us" is what davit-dyno and its init used for one connection.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "base/door.hpp"
#include "base/files.hpp"
#include "server/dynos/dyno_process.hpp"

namespace davit {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* app = R"(
import os, socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(os.environ['PORT'])))
s.listen(4096)
while True: s.accept()[0].close()
)";
constexpr std::uint16_t host_port = 15'999;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

double cpu_microseconds(int pid) {
  const std::string stat = must(read_file(fmt::format("/proc/{}/stat", pid), 4096));
  unsigned long user = 0, system = 0;
  std::sscanf(stat.c_str() + stat.rfind(')'),
              ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  return static_cast<double>(user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Closed with RST: no port stays behind in TIME_WAIT.
void drop(UniqueFd fd) {
  const linger now{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void wait_for(int fd, short events) {
  pollfd ready{fd, events, 0};
  if (::poll(&ready, 1, 10'000) != 1) throw std::runtime_error("no connection in 10 s");
}

class DoorBench {
 public:
  DoorBench() : folder_("/var/tmp/davit-bench-" + std::to_string(::getpid())) {
    const char* bin = std::getenv("DAVIT_BIN");
    if (bin == nullptr) throw std::runtime_error("set DAVIT_BIN to the folder of davit-dyno");
    std::filesystem::create_directories(folder_ + "/slug");
    launcher_ = must(dynos::make_launcher(io_.get_executor(),
                                          {std::string(bin) + "/davit-dyno", folder_ + "/run"}));
    plain_ = start("plain", host_port, dyno::NetworkMode::shared);
    isolated_ = start("isolated", 5000, dyno::NetworkMode::isolated);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_ + "/run/isolated.net";
    std::memcpy(address.sun_path, path.data(), path.size());
    door_.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(door_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("the door is closed");
    }
  }
  ~DoorBench() {
    for (auto* dyno : {&plain_, &isolated_}) {
      run([](dynos::DynoProcess& ended) -> Task<> {
        (void)co_await ended.release();
        while (co_await ended.next_event()) {
        }
      }(**dyno));
    }
    (void)remove_tree(folder_);
  }

  double direct() const {
    const auto start = Clock::now();
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(host_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    wait_for(fd.get(), POLLOUT);
    return finish(start, std::move(fd));
  }

  double passed() const {
    const auto start = Clock::now();
    (void)door::send(door_.get(), door::Request{1});
    wait_for(door_.get(), POLLIN);
    door::Reply reply;
    (void)door::receive(door_.get(), reply);
    if (!reply.socket) throw std::runtime_error("refused");
    return finish(start, std::move(reply.socket));
  }

  double cpu() const {
    const auto& status = isolated_->status();
    return cpu_microseconds(status.launcher_pid) + cpu_microseconds(status.init_pid);
  }

 private:
  static double finish(Clock::time_point start, UniqueFd fd) {
    const double took = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
    drop(std::move(fd));
    return took;
  }

  void run(Task<> task) {
    std::exception_ptr failure;
    bool ended = false;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error) {
      failure = error;
      ended = true;
    });
    while (!ended) io_.run_one();  // a launcher that runs is waited for, too
    if (failure) std::rethrow_exception(failure);
  }

  std::unique_ptr<dynos::DynoProcess> start(const std::string& id, std::uint16_t port,
                                            dyno::NetworkMode mode) {
    dyno::Spec spec;
    spec.id = id;
    spec.name = "web.1";
    spec.argv = {"/usr/bin/python3", "-c", app};
    spec.env = {{"PORT", std::to_string(port)}};
    spec.scratch = folder_ + "/scratch/" + id;
    spec.mounts = {{folder_ + "/slug", "/app", dyno::MountMode::overlay}};
    spec.port = port;
    spec.network.mode = mode;
    if (::geteuid() == 0) spec.uid = 23456;
    std::unique_ptr<dynos::DynoProcess> dyno;
    run(launch(std::move(spec), dyno));
    return dyno;
  }

  Task<> launch(dyno::Spec spec, std::unique_ptr<dynos::DynoProcess>& dyno) {
    auto launched = co_await launcher_->launch(std::move(spec));
    dyno = must(std::move(launched));
    (void)co_await dyno->subscribe(0);
    for (;;) {
      auto event = co_await dyno->next_event();
      if (!event) throw std::runtime_error(event.error().message);
      if (std::holds_alternative<dyno::Listening>(*event)) co_return;
    }
  }

  std::string folder_;
  asio::io_context io_;
  std::unique_ptr<dynos::Launcher> launcher_;
  std::unique_ptr<dynos::DynoProcess> plain_;
  std::unique_ptr<dynos::DynoProcess> isolated_;
  UniqueFd door_;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

void connection(benchmark::State& state) {
  const DoorBench bench;
  std::vector<double> direct, passed;
  const double before = bench.cpu();
  for (auto _ : state) {
    direct.push_back(bench.direct());
    passed.push_back(bench.passed());
    state.SetIterationTime(passed.back() / 1e6);
  }
  state.counters["direct_us"] = median(direct);
  state.counters["passed_us"] = median(passed);
  state.counters["cpu_us"] = (bench.cpu() - before) / static_cast<double>(passed.size());
}
BENCHMARK(connection)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20'000);

}  // namespace
}  // namespace davit

BENCHMARK_MAIN();
