#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/output_sink.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "dyno/protocol/messages.hpp"
#include "dyno/protocol/spec.hpp"
#include "server/build/build_limits.hpp"
#include "server/build/paths.hpp"

namespace davit::dynos {
class Launcher;
class DynoProcess;
}  // namespace davit::dynos

namespace davit::build {

// Keeps the first bytes of a step's output.
class CaptureSink final : public OutputSink {
 public:
  explicit CaptureSink(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  Task<> write(std::string bytes) override;
  const std::string& text() const { return text_; }
  bool cut() const { return cut_; }

 private:
  std::size_t bytes_max_;
  std::string text_;
  bool cut_ = false;
};

struct Step {
  std::vector<std::string> argv;  // paths as seen inside
  std::string cwd;                // inside
  // Of this step alone, besides what is left of the build's; 0: none.
  std::chrono::milliseconds time_limit{0};
};

// How a step's command ended by itself.
struct StepEnd {
  int code = 0;                     // or 128 + signal
  std::uint64_t forks_refused = 0;  // at the limit of processes
};

struct StepSetup {
  std::map<std::string, std::string> env;
  std::optional<std::uint32_t> uid;
  BuildLimits limits;                      // the time for all steps together, from construction on
  std::function<dyno::Network()> network;  // of one more step
};

// Runs the steps of one build, one after the other, each as an owner-bound davit-dyno of its own
// whose whole process tree is gone when run() returns, also by an exception (cancellation). io
// thread only; launcher, paths and random outlive it.
class StepRunner {
 public:
  StepRunner(dynos::Launcher& launcher, const BuildPaths& paths, Random& random, StepSetup setup);

  // Output goes to `output` as it comes. Errors: timeout, too_large and limit_exceeded (limits of
  // the whole build; the text names the limit), unavailable, io (the sandbox could not be made). A
  // script that fails is no error: see the code.
  Task<Result<int>> run(Step step, OutputSink& output);
  // The same, with what else is known of the end.
  Task<Result<StepEnd>> run_to_end(Step step, OutputSink& output);

  // What the scripts took so far, their sandboxes included.
  std::chrono::milliseconds took() const { return took_; }

  // For the steps that follow: a runtime's folder, and what packs find it by.
  void add_mount(dyno::Mount mount) { mounts_.push_back(std::move(mount)); }
  void set_env(const std::string& name, std::string value) { setup_.env[name] = std::move(value); }
  void prepend_path(const std::string& folder) {
    setup_.env["PATH"] = folder + ":" + setup_.env["PATH"];
  }

 private:
  using ProcessPtr = std::unique_ptr<dynos::DynoProcess>;
  Result<dyno::Spec> make_spec(Step step);
  struct Followed {
    dyno::ExitRecord record;
    std::uint64_t forks_refused = 0;
  };
  Task<Result<Followed>> follow(dynos::DynoProcess& process, OutputSink& output);

  dynos::Launcher& launcher_;
  const BuildPaths& paths_;
  Random& random_;
  StepSetup setup_;
  std::vector<dyno::Mount> mounts_;  // beside those of the paths
  SystemClock clock_;
  SteadyTime deadline_;
  std::size_t steps_ = 0;
  std::chrono::milliseconds took_{0};
  std::uint64_t output_bytes_ = 0;
};

}  // namespace davit::build
