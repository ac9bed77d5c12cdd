#include "server/git/git_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

#include "base/pipe.hpp"

namespace davit::git {
namespace {

constexpr const char* git_program = "/usr/bin/git";
constexpr std::size_t piece_bytes = 60 * 1024;

bool is_protocol_list(const std::string& value) {
  return value.size() <= 64 && std::all_of(value.begin(), value.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '=' || c == ':' ||
                  c == '-';
         });
}

// No home, no system or user configuration: a hook or alias there must not run here.
std::map<std::string, std::string> environment(const std::string& repository,
                                               const std::string& git_protocol) {
  std::map<std::string, std::string> env{
      {"PATH", "/usr/local/bin:/usr/bin:/bin"},
      {"HOME", "/nonexistent"},
      {"LC_ALL", "C.UTF-8"},
      {"GIT_CONFIG_NOSYSTEM", "1"},
      {"GIT_CONFIG_GLOBAL", "/dev/null"},
      {"GIT_TERMINAL_PROMPT", "0"},
      {"GIT_CONFIG_COUNT", "3"},
      // The repository may belong to davitd's user while git runs as root, or the other way round.
      {"GIT_CONFIG_KEY_0", "safe.directory"},
      {"GIT_CONFIG_VALUE_0", repository},
      {"GIT_CONFIG_KEY_1", "pack.threads"},
      {"GIT_CONFIG_VALUE_1", "1"},
      {"GIT_CONFIG_KEY_2", "pack.windowMemory"},
      {"GIT_CONFIG_VALUE_2", "64m"},
  };
  if (!git_protocol.empty() && is_protocol_list(git_protocol)) env["GIT_PROTOCOL"] = git_protocol;
  return env;
}

}  // namespace

Result<std::unique_ptr<GitProcess>> GitProcess::upload_pack(asio::any_io_executor executor,
                                                            const std::string& repository,
                                                            Mode mode,
                                                            const std::string& git_protocol) {
  auto input = make_pipe();
  if (!input) return input.error();
  auto output = make_pipe();
  if (!output) return output.error();
  ProcessOptions options;
  options.argv = {git_program, "upload-pack", "--strict", "--stateless-rpc"};
  if (mode == Mode::advertise) options.argv.push_back("--http-backend-info-refs");
  options.argv.push_back(repository);  // absolute: never an option
  options.env = environment(repository, git_protocol);
  options.cwd = "/";
  options.stdin_fd = input->read.get();
  options.stdout_fd = output->write.get();
  auto process = Process::spawn(options);
  if (!process) return process.error();
  return std::unique_ptr<GitProcess>(new GitProcess(
      executor, std::move(*process), std::move(input->write), std::move(output->read)));
}

GitProcess::GitProcess(asio::any_io_executor executor, Process process, UniqueFd input,
                       UniqueFd output)
    : process_(std::move(process)),
      input_(executor, input.release()),
      output_(executor, output.release()),
      exited_(executor, ::fcntl(process_.pidfd(), F_DUPFD_CLOEXEC, 3)) {}

GitProcess::~GitProcess() {
  if (reaped_) return;
  kill();
  // Killed: the wait is for the kernel only.
  static_cast<void>(process_.wait());
}

void GitProcess::kill() {
  // The group: pack-objects is a child of upload-pack. Not reaped yet, so the number is still its
  // own.
  if (!reaped_) ::kill(-process_.pid(), SIGKILL);
}

Task<> GitProcess::give(std::string input) {
  boost::system::error_code ec;
  co_await asio::async_write(input_, asio::buffer(input),
                             asio::redirect_error(asio::use_awaitable, ec));
  input_.close(ec);
}

Task<std::string> GitProcess::take() {
  std::string piece(piece_bytes, '\0');
  boost::system::error_code ec;
  const auto got = co_await output_.async_read_some(asio::buffer(piece),
                                                    asio::redirect_error(asio::use_awaitable, ec));
  piece.resize(got);
  co_return piece;
}

Task<int> GitProcess::exit_code() {
  boost::system::error_code ec;
  co_await exited_.async_wait(asio::posix::descriptor_base::wait_read,
                              asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return -1;
  const auto code = process_.wait();
  reaped_ = true;
  co_return code ? *code : -1;
}

}  // namespace davit::git
