#include "cli/git.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/process.hpp"
#include "base/unique_fd.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

constexpr std::size_t output_bytes_max = 1024 * 1024;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  // A child's streams must not be 0..2 of ours (base/process.hpp), which may be closed.
  for (UniqueFd* end : {&pipe.read, &pipe.write}) {
    if (end->get() <= 2) end->reset(::fcntl(end->get(), F_DUPFD_CLOEXEC, 3));
  }
  return pipe;
}

// Reads both to their ends, in turn as they have something: neither can fill up while we wait for
// the other.
void read_both(int first, std::string& first_text, int second, std::string& second_text) {
  std::array<pollfd, 2> polls{pollfd{first, POLLIN, 0}, pollfd{second, POLLIN, 0}};
  std::array<std::string*, 2> texts{&first_text, &second_text};
  std::array<char, 4096> buffer{};
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) return;
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].fd < 0 || polls[i].revents == 0) continue;
      const ssize_t n = ::read(polls[i].fd, buffer.data(), buffer.size());
      if (n > 0 && texts[i]->size() < output_bytes_max) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(n));
      } else if (n == 0 || (n < 0 && errno != EINTR)) {
        polls[i].fd = -1;
      }
    }
  }
}

}  // namespace

Result<Git::Ended> Git::run(std::vector<std::string> arguments) {
  auto program = environment_.find_program("git");
  if (!program) return program.error();
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  ProcessOptions options;
  options.argv = std::move(arguments);
  options.argv.insert(options.argv.begin(), *program);
  options.env = environment_.variables;
  options.stdout_fd = out->write.get();
  options.stderr_fd = err->write.get();
  auto process = Process::spawn(options);
  out->write.reset();
  err->write.reset();
  if (!process) return process.error();
  Ended ended;
  read_both(out->read.get(), ended.output, err->read.get(), ended.errors);
  const auto status = process->wait();
  if (!status) return status.error();
  ended.status = *status;
  return ended;
}

namespace {

Result<> expect_success(int status, const std::string& errors, std::string_view what) {
  if (status == 0) return {};
  return fail(Errc::io, "git could not {}: {}", what,
              errors.empty() ? fmt::format("exit status {}", status) : one_line(errors));
}

}  // namespace

Result<std::vector<Git::Remote>> Git::remotes() {
  auto ended = run({"config", "--null", "--get-regexp", "^remote\\..*\\.url$"});
  std::vector<Remote> remotes;
  if (!ended) {
    // No git: then no remotes. Whoever needs git says so.
    if (ended.error().code == Errc::not_found) return remotes;
    return ended.error();
  }
  // Each entry is "remote.NAME.url\nURL\0".
  std::string_view rest = ended->output;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    const std::string_view entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto line = entry.find('\n');
    constexpr std::string_view before = "remote.", after = ".url";
    if (line == std::string_view::npos || line <= before.size() + after.size()) continue;
    const std::string_view name = entry.substr(before.size(), line - before.size() - after.size());
    remotes.push_back({std::string(name), std::string(entry.substr(line + 1))});
  }
  return remotes;
}

bool Git::in_repository() {
  const auto ended = run({"rev-parse", "--git-dir"});
  return ended && ended->status == 0;
}

Result<> Git::set_remote(const std::string& name, const std::string& url) {
  const auto known = run({"config", "--get", "remote." + name + ".url"});
  if (!known) return known.error();
  const auto ended = known->status == 0 ? run({"remote", "set-url", "--", name, url})
                                        : run({"remote", "add", "--", name, url});
  if (!ended) return ended.error();
  return expect_success(ended->status, ended->errors, fmt::format("set the remote '{}'", name));
}

Result<> Git::remove_remote(const std::string& name) {
  const auto ended = run({"remote", "remove", "--", name});
  if (!ended) return ended.error();
  return expect_success(ended->status, ended->errors, fmt::format("remove the remote '{}'", name));
}

Result<> Git::set_credential_helper(const std::string& server_url) {
  const std::string key = "credential." + server_url + ".helper";
  const std::string helper = "!" + shell_quote(environment_.self.string()) + " git:credentials";
  const auto reset = run({"config", "--global", "--replace-all", key, ""});
  if (!reset) return reset.error();
  DAVIT_TRY(expect_success(reset->status, reset->errors, "write its global config"));
  const auto added = run({"config", "--global", "--add", key, helper});
  if (!added) return added.error();
  return expect_success(added->status, added->errors, "write its global config");
}

Result<> Git::unset_credential_helper(const std::string& server_url) {
  const auto ended =
      run({"config", "--global", "--unset-all", "credential." + server_url + ".helper"});
  if (!ended) return ended.error();
  if (ended->status == 5) return {};  // git-config(1): there was none
  return expect_success(ended->status, ended->errors, "write its global config");
}

Error Git::become_clone(const std::string& url, const std::string& remote,
                        const std::string& folder) {
  auto program = environment_.find_program("git");
  if (!program) return program.error();
  // Not a child: Ctrl-C, the terminal and the exit status are git's own.
  std::vector<std::string> words{*program, "clone", "-o", remote, "--", url, folder};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(program->c_str(), argv.data());
  return fail_errno(errno, "start git");
}

}  // namespace davit::cli
