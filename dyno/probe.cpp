#include "dyno/probe.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/files.hpp"
#include "dyno/landlock.hpp"
#include "dyno/limits.hpp"
#include "dyno/report.hpp"
#include "dyno/sandbox.hpp"

namespace davit::dyno {
namespace {

constexpr std::uint32_t nobody = 65534;

Spec probe_spec(const std::string& folder) {
  Spec spec;
  spec.id = "probe";
  spec.name = "probe.1";
  spec.argv = {"/bin/sh", "-c", "echo x >/app/file && echo x >/dev/stdout"};
  spec.cwd = "/app";
  spec.scratch = folder + "/scratch";
  spec.mounts = {{folder + "/slug", "/app", MountMode::overlay}};
  if (::geteuid() == 0) spec.uid = nobody;
  return spec;
}

struct Outcome {
  bool works = false;
  std::string why;  // why not, or what is lesser
};

Outcome outcome_of(Sandbox& sandbox) {
  Outcome outcome;
  const auto deadline = std::chrono::steady_clock::now() + limits::probe_timeout;
  for (bool ended = false; !ended;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{sandbox.report_fd(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) {
      sandbox.kill();
      outcome.why = "the sandbox did not come up in time";
      break;
    }
    const auto report = receive_report(sandbox.report_fd(), ended);
    if (!report) continue;
    if (!report->text.empty()) outcome.why = report->text;
    if (report->kind == ReportKind::exited) outcome.works = report->code == 0;
    if (report->kind == ReportKind::failed) break;
  }
  ::waitpid(sandbox.init_pid(), nullptr, 0);
  if (!outcome.works && outcome.why.empty())
    outcome.why = "a command inside could not write its files";
  return outcome;
}

Outcome attempt(Level level) {
  std::string folder = "/tmp/davit-probe-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return {false, fail_errno(errno, "make a folder in /tmp").message};
  Outcome outcome;
  const Spec spec = probe_spec(folder);
  if (auto made = make_directories(folder + "/slug", 0755); !made) {
    outcome.why = made.error().message;
  } else if (auto sandbox = Sandbox::start(spec, level); !sandbox) {
    outcome.why = sandbox.error().message;
  } else {
    outcome = outcome_of(*sandbox);
  }
  if (auto removed = remove_tree(folder); !removed && outcome.why.empty()) {
    outcome.why = removed.error().message;
  }
  return outcome;
}

}  // namespace

ProbeResult probe() {
  ProbeResult result;
  for (const Level level : {Level::a, Level::b}) {
    if (level == Level::a && ::geteuid() != 0) {
      result.missing.push_back(
          "level A needs root: install Davit as a server with `sudo ./deploy/install`");
      continue;
    }
    auto outcome = attempt(level);
    if (!outcome.why.empty()) {
      result.missing.push_back(fmt::format("level {}: {}", to_string(level), outcome.why));
    }
    if (!outcome.works) continue;
    result.level = level;
    return result;
  }
  result.missing.emplace_back(
      "level C keeps apps apart by file rules at most: each sees the processes of all and reaches "
      "every local port and socket of its user; run only code that you trust");
  if (landlock_version() == 0) {
    result.missing.emplace_back(
        "no Landlock in this kernel (needs Linux 5.13 with lsm=landlock): at level C apps read and "
        "change whatever their user can");
  }
  return result;
}

}  // namespace davit::dyno
