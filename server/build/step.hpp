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
};

struct StepSetup {
  std::map<std::string, std::string> env;
  std::optional<std::uint32_t> uid;
  std::chrono::milliseconds time_limit{0};  // for all steps together, from construction on
  std::function<dyno::Network()> network;   // of one more step
};

// Runs the steps of one build, one after the other, each as an owner-bound davit-dyno of its own
// whose whole process tree is gone when run() returns, also by an exception (cancellation). io
// thread only; launcher, paths and random outlive it.
class StepRunner {
 public:
  StepRunner(dynos::Launcher& launcher, const BuildPaths& paths, Random& random, StepSetup setup);

  // Output goes to `output` as it comes. Errors: timeout and too_large (limits of the whole build),
  // unavailable, io (the sandbox could not be made). A script that fails is no error: see the code.
  Task<Result<int>> run(Step step, OutputSink& output);

  // For the steps that follow: a runtime's folder, and what packs find it by.
  void add_mount(dyno::Mount mount) { mounts_.push_back(std::move(mount)); }
  void set_env(const std::string& name, std::string value) { setup_.env[name] = std::move(value); }
  void prepend_path(const std::string& folder) {
    setup_.env["PATH"] = folder + ":" + setup_.env["PATH"];
  }

 private:
  using ProcessPtr = std::unique_ptr<dynos::DynoProcess>;
  Result<dyno::Spec> make_spec(Step step);
  Task<Result<dyno::ExitRecord>> follow(dynos::DynoProcess& process, OutputSink& output);
  Result<int> judge(const dyno::ExitRecord& record) const;

  dynos::Launcher& launcher_;
  const BuildPaths& paths_;
  Random& random_;
  StepSetup setup_;
  std::vector<dyno::Mount> mounts_;  // beside those of the paths
  SystemClock clock_;
  SteadyTime deadline_;
  std::size_t steps_ = 0;
  std::uint64_t output_bytes_ = 0;
};

}  // namespace davit::build
