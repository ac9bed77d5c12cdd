#include "server/dynos/probe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "base/pipe.hpp"
#include "base/process.hpp"

namespace davit::dynos {
namespace {

constexpr auto probe_timeout = std::chrono::seconds(30);
constexpr std::size_t answer_bytes_max = 64 * 1024;

std::string read_answer(int fd) {
  const auto deadline = std::chrono::steady_clock::now() + probe_timeout;
  std::string answer;
  char buffer[4096];
  while (answer.size() < answer_bytes_max) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) break;
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(count));
  }
  return answer;
}

Result<HostLevel> parse(const std::string& answer, const std::string& program) {
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  HostLevel host;
  bool known = false;
  if (json.is_object() && json.contains("level") && json["level"].is_string()) {
    for (const auto level : {dyno::Level::a, dyno::Level::b, dyno::Level::c}) {
      if (dyno::to_string(level) != json["level"].get<std::string>()) continue;
      host.level = level;
      known = true;
    }
  }
  if (!known) {
    return fail(Errc::unavailable, "'{} --probe' answered '{}'", program, printable(answer, 200));
  }
  for (const auto& sentence : json.value("missing", nlohmann::json::array())) {
    if (sentence.is_string()) host.missing.push_back(sentence.get<std::string>());
  }
  if (json.contains("network")) {
    auto network = dyno::NetworkAbilities::from_json(json["network"]);
    if (!network) return std::move(network).error();
    host.network = std::move(*network);
  }
  if (json.contains("cgroups")) {
    auto cgroups = dyno::Cgroups::from_json(json["cgroups"]);
    if (!cgroups) return std::move(cgroups).error();
    host.cgroups = std::move(*cgroups);
  }
  return host;
}

}  // namespace

Result<HostLevel> probe_host(const std::string& program, std::optional<dyno::Level> level) {
  auto pipe = make_pipe();
  if (!pipe) return std::move(pipe).error();
  ProcessOptions options;
  options.argv = {program, "--probe"};
  if (level) {
    options.argv.emplace_back("--level");
    options.argv.emplace_back(dyno::to_string(*level));
  }
  options.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  options.stdout_fd = pipe->write.get();
  auto process = Process::spawn(options);
  if (!process) return std::move(process).error();
  pipe->write.reset();
  const std::string answer = read_answer(pipe->read.get());
  (void)process->signal(SIGKILL);  // no harm to one that has ended
  (void)process->wait();
  return parse(answer, program);
}

}  // namespace davit::dynos
