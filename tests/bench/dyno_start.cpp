// Start of a dyno against a plain process, in one run: /bin/true from spawn to its reported exit.
//   DAVIT_BIN=build/bench/bin build/bench/bin/dyno_start_bench
// "ratio" is the dyno's time through the plain one's; "overhead_ms" their difference.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "base/files.hpp"
#include "base/process.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/dynos/layout.hpp"

namespace davit {
namespace {

using Clock = std::chrono::steady_clock;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double plain_start() {
  const auto start = Clock::now();
  ProcessOptions options;
  options.argv = {"/bin/true"};
  auto process = must(Process::spawn(options));
  must(process.wait());
  return milliseconds_since(start);
}

class DynoBench {
 public:
  DynoBench() : folder_("/var/tmp/davit-bench-" + std::to_string(::getpid())) {
    const char* bin = std::getenv("DAVIT_BIN");
    if (bin == nullptr) throw std::runtime_error("set DAVIT_BIN to the folder of davit-dyno");
    std::filesystem::create_directories(folder_ + "/slug");
    launcher_ = must(dynos::make_launcher(io_.get_executor(),
                                          {std::string(bin) + "/davit-dyno", folder_ + "/run"}));
  }
  ~DynoBench() { (void)remove_tree(folder_); }

  double start() {
    dyno::Spec spec;
    spec.id = "bench-" + std::to_string(next_++);
    spec.name = "web.1";
    spec.argv = {"/bin/true"};
    spec.scratch = folder_ + "/scratch/" + spec.id;
    spec.mounts = {{folder_ + "/slug", "/app", dyno::MountMode::overlay}};
    if (::geteuid() == 0) spec.uid = 23456;
    if (launcher_->level() == dyno::Level::c) spec = dynos::adapt_to_level_c(std::move(spec));
    double took = 0;
    std::exception_ptr failure;
    asio::co_spawn(io_, run(std::move(spec), took),
                   [&](std::exception_ptr error) { failure = error; });
    io_.run();
    io_.restart();
    if (failure) std::rethrow_exception(failure);
    return took;
  }

 private:
  Task<> run(dyno::Spec spec, double& took) {
    const auto start = Clock::now();
    auto launched = co_await launcher_->launch(std::move(spec));
    const auto dyno = must(std::move(launched));
    (void)co_await dyno->subscribe(0);
    for (;;) {
      auto event = co_await dyno->next_event();
      if (!event) throw std::runtime_error(event.error().message);
      const auto* exited = std::get_if<dyno::Exited>(&*event);
      if (exited == nullptr) continue;
      if (exited->record.code != 0) throw std::runtime_error(exited->record.detail);
      break;
    }
    took = milliseconds_since(start);
    (void)co_await dyno->release();
    while (co_await dyno->next_event()) {
    }
  }

  std::string folder_;
  asio::io_context io_;
  std::unique_ptr<dynos::Launcher> launcher_;
  int next_ = 0;
};

void dyno_start(benchmark::State& state) {
  DynoBench bench;
  double plain = 0;
  double dyno = 0;
  for (auto _ : state) {
    plain += plain_start();
    const double took = bench.start();
    dyno += took;
    state.SetIterationTime(took / 1000);
  }
  const auto count = static_cast<double>(state.iterations());
  state.counters["plain_ms"] = plain / count;
  state.counters["dyno_ms"] = dyno / count;
  state.counters["ratio"] = dyno / plain;
  state.counters["overhead_ms"] = (dyno - plain) / count;
}
BENCHMARK(dyno_start)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(100);

}  // namespace
}  // namespace davit

BENCHMARK_MAIN();
