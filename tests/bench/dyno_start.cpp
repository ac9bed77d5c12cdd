// Start of a dyno against a plain process, bubblewrap and crun (where those are installed), in one
// run, one after the other: /bin/true from spawn to its reported exit.
//   DAVIT_BIN=build/bench/bin build/bench/bin/dyno_start_bench
// "ratio" is the dyno's time through the plain one's; "overhead_ms" their difference. bubblewrap
// gives neither a cgroup nor a user of its own, crun both; a dyno has both, and a copy-on-write
// /app.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
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

double run_command(std::vector<std::string> argv) {
  const auto start = Clock::now();
  ProcessOptions options;
  options.argv = std::move(argv);
  auto process = must(Process::spawn(options));
  if (must(process.wait()) != 0) throw std::runtime_error(options.argv[0] + " failed");
  return milliseconds_since(start);
}

double plain_start() { return run_command({"/bin/true"}); }

constexpr const char* bubblewrap = "/usr/bin/bwrap";
constexpr const char* crun = "/usr/bin/crun";
bool installed(const char* program) { return ::access(program, X_OK) == 0; }

double bubblewrap_start() {
  return run_command({bubblewrap,  "--unshare-all", "--ro-bind", "/usr",     "/usr",  "--symlink",
                      "usr/bin",   "/bin",          "--symlink", "usr/lib",  "/lib",  "--symlink",
                      "usr/lib64", "/lib64",        "--proc",    "/proc",    "--dev", "/dev",
                      "--tmpfs",   "/tmp",          "--",        "/bin/true"});
}

// The runtime's own default configuration, with a root of the host's /usr as a dyno has.
class CrunBundle {
 public:
  explicit CrunBundle(std::string folder) : folder_(std::move(folder)) {
    for (const char* name : {"/rootfs/usr", "/rootfs/proc", "/rootfs/dev", "/rootfs/sys"}) {
      std::filesystem::create_directories(folder_ + name);
    }
    for (const char* name : {"bin", "lib", "lib64"}) {
      std::filesystem::create_symlink(std::string("usr/") + name, folder_ + "/rootfs/" + name);
    }
    ProcessOptions options;
    options.argv = {crun, "spec"};
    options.cwd = folder_;
    must(must(Process::spawn(options)).wait());
    const std::string file = folder_ + "/config.json";
    auto config = nlohmann::json::parse(must(read_file(file, 1 << 20)));
    config["process"]["terminal"] = false;
    config["process"]["args"] = {"/bin/true"};
    config["mounts"].push_back({{"destination", "/usr"},
                                {"type", "bind"},
                                {"source", "/usr"},
                                {"options", {"rbind", "ro"}}});
    const auto written = write_file_atomic(file, config.dump(), 0600);
    if (!written) throw std::runtime_error(written.error().message);
  }
  double start() {
    return run_command(
        {crun, "run", "--bundle", folder_, "davit-bench-" + std::to_string(next_++)});
  }

 private:
  std::string folder_;
  int next_ = 0;
};

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
  const std::string& folder() const { return folder_; }

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
  double bwrap_sum = 0;
  double crun_sum = 0;
  std::optional<CrunBundle> bundle;
  if (installed(crun)) bundle.emplace(bench.folder() + "/bundle");
  try {
    if (bundle) bundle->start();
  } catch (const std::runtime_error& error) {
    // Debian 12's refuses hosts with both kinds of cgroups: without the v2 tree it runs there, by
    // unshare -m sh -c 'umount /sys/fs/cgroup/unified && exec .../dyno_start_bench'
    std::fprintf(stderr, "left out: %s\n", error.what());
    bundle.reset();
  }
  for (auto _ : state) {
    plain += plain_start();
    if (installed(bubblewrap)) bwrap_sum += bubblewrap_start();
    if (bundle) crun_sum += bundle->start();
    const double took = bench.start();
    dyno += took;
    state.SetIterationTime(took / 1000);
  }
  const auto count = static_cast<double>(state.iterations());
  state.counters["plain_ms"] = plain / count;
  state.counters["dyno_ms"] = dyno / count;
  if (bwrap_sum > 0) state.counters["bubblewrap_ms"] = bwrap_sum / count;
  if (crun_sum > 0) state.counters["crun_ms"] = crun_sum / count;
  state.counters["ratio"] = dyno / plain;
  state.counters["overhead_ms"] = (dyno - plain) / count;
}
BENCHMARK(dyno_start)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(100);

}  // namespace
}  // namespace davit

BENCHMARK_MAIN();
