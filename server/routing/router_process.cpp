#include "server/routing/router_process.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/log.hpp"

namespace davit::routing {
namespace {

// Which file a path leads to now.
std::optional<std::string> identity_of(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return std::nullopt;
  return fmt::format("{}:{}", file.st_dev, file.st_ino);
}

void add(std::vector<std::string>& argv, const char* option,
         const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    argv.push_back(option);
    argv.push_back(value);
  }
}

}  // namespace

RouterProcess::RouterProcess(asio::any_io_executor executor, const RouterConfig& config)
    : config_(config),
      listen_(config.listen),
      https_listen_(config.https_listen),
      reaper_(std::move(executor)) {}

bool RouterProcess::ended() {
  if (!child_) return true;
  pollfd exit{child_->pidfd(), POLLIN, 0};
  if (::poll(&exit, 1, 0) != 1) return false;
  const auto code = child_->wait();
  log::warning("router ended", {{"status", code ? *code : -1}});
  child_.reset();
  return true;
}

Result<> RouterProcess::spawn(Start start) {
  if (start == Start::heir && child_) {
    reaper_.watch(std::move(*child_));
    child_.reset();
  }
  if (!ended()) return {};  // it is still on its way up
  UniqueFd own_stderr(::fcntl(2, F_DUPFD_CLOEXEC, 3));
  ProcessOptions options;
  options.argv = {config_.program, "--control", config_.control_socket, "--table",
                  config_.table_file};
  add(options.argv, "--listen", listen_);
  add(options.argv, "--listen-tls", https_listen_);
  if (start == Start::heir) options.argv.push_back("--replace");
  options.argv.insert(options.argv.end(), config_.arguments.begin(), config_.arguments.end());
  options.env = current_environment();
  options.new_session = true;  // outlives us and our terminal
  options.stderr_fd = own_stderr.get();
  auto process = Process::spawn(options);
  if (!process) return std::move(process).error();
  log::info("router started", {{"pid", process->pid()}});
  child_.emplace(std::move(*process));
  return {};
}

bool RouterProcess::is_outdated(const router::Hello& running) const {
  const auto installed = identity_of(config_.program);
  const auto runs = identity_of(fmt::format("/proc/{}/exe", running.pid));
  // Under systemd the program is not ours to start.
  if (!installed || !runs) return false;
  const bool serves_https =
      !has_https() || std::ranges::any_of(running.listening, [](const std::string& name) {
        return name.starts_with("https ");
      });
  return *installed != *runs || !serves_https;
}

void RouterProcess::keep_ports(const router::Hello& hello) {
  const auto keep = [&hello](std::string_view scheme, std::vector<std::string>& configured) {
    std::vector<std::string> addresses;
    for (const std::string& listening : hello.listening) {
      if (listening.starts_with(scheme)) addresses.push_back(listening.substr(scheme.size()));
    }
    if (addresses.size() == configured.size()) configured = std::move(addresses);
  };
  keep("http ", listen_);
  keep("https ", https_listen_);
}

std::string RouterProcess::addresses() const { return fmt::format("{}", fmt::join(listen_, ", ")); }

}  // namespace davit::routing
