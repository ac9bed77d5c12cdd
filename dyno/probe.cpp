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

Outcome attempt(Level level, const Network& network) {
  std::string folder = "/tmp/davit-probe-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return {false, fail_errno(errno, "make a folder in /tmp").message};
  Outcome outcome;
  Spec spec = probe_spec(folder);
  spec.network = network;
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

Ability to_ability(Outcome outcome, std::string program = {}) {
  return {outcome.works, outcome.works ? std::string() : std::move(outcome.why),
          std::move(program)};
}

std::string find_program(const std::string& name) {
  for (const char* folder :
       {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    const std::string path = folder + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

// Addresses of the range for benchmarks (RFC 2544), which no host of ours is asked for.
Ability try_veth() {
  Network network;
  network.mode = NetworkMode::isolated;
  network.veth.emplace();
  network.veth->device = fmt::format("dvp{}", ::getpid());
  network.veth->address = "198.19.255.254";
  network.veth->gateway = "198.19.255.253";
  return to_ability(attempt(Level::a, network));
}

Ability try_pasta(Level level) {
  const std::string program = find_program("pasta");
  if (program.empty()) return {false, "pasta is not installed", {}};
  Network network;
  network.mode = NetworkMode::isolated;
  network.pasta = PastaUplink{program, "198.19.255.254", "198.19.255.253"};
  return to_ability(attempt(level, network), program);
}

Ability try_filter(Level level) {
  const std::string program = find_program("nft");
  if (program.empty()) return {false, "nft is not installed", {}};
  Network network;
  network.mode = NetworkMode::isolated;
  network.filter = PacketFilter{
      program,
      "table inet davit { chain out { type filter hook output priority 0; fib daddr type local "
      "accept; ip daddr 198.19.255.254 reject with icmpx admin-prohibited; }; }\n"};
  return to_ability(attempt(level, network), program);
}

Outcome attempt_best(Level level, NetworkAbilities& abilities) {
  Network isolated;
  isolated.mode = NetworkMode::isolated;
  auto outcome = attempt(level, isolated);
  abilities.isolated = to_ability(outcome);
  if (!outcome.works) return attempt(level, Network{});
  if (level == Level::a) {
    abilities.veth = try_veth();
  } else {
    abilities.pasta = try_pasta(level);
    abilities.filter = try_filter(level);
  }
  return outcome;
}

}  // namespace

ProbeResult probe(std::optional<Level> wanted) {
  ProbeResult result;
  if (wanted) {
    result.level = *wanted;
    if (*wanted != Level::c) attempt_best(*wanted, result.network);
    return result;
  }
  for (const Level level : {Level::a, Level::b}) {
    if (level == Level::a && ::geteuid() != 0) {
      result.missing.push_back(
          "level A needs root: install Davit as a server with `sudo ./deploy/install`");
      continue;
    }
    result.network = NetworkAbilities{};
    auto outcome = attempt_best(level, result.network);
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
