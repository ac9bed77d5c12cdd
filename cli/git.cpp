#include "cli/git.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/process.hpp"
#include "base/unique_fd.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

constexpr std::size_t file_list_bytes_max = 256 * 1024 * 1024;

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
void read_both(int first, std::string& first_text, int second, std::string& second_text,
               std::size_t bytes_max) {
  std::array<pollfd, 2> polls{pollfd{first, POLLIN, 0}, pollfd{second, POLLIN, 0}};
  std::array<std::string*, 2> texts{&first_text, &second_text};
  std::array<char, 4096> buffer{};
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) return;
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].fd < 0 || polls[i].revents == 0) continue;
      const ssize_t n = ::read(polls[i].fd, buffer.data(), buffer.size());
      if (n > 0 && texts[i]->size() < bytes_max) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(n));
      } else if (n == 0 || (n < 0 && errno != EINTR)) {
        polls[i].fd = -1;
      }
    }
  }
}

}  // namespace

Result<Git::Ended> Git::run(std::vector<std::string> arguments, std::size_t output_max) {
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
  read_both(out->read.get(), ended.output, err->read.get(), ended.errors, output_max);
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

namespace {

std::vector<std::string> split_at_nul(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Result<std::vector<std::string>> every_file(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  std::error_code ec;
  auto it = std::filesystem::recursive_directory_iterator(folder, ec);
  for (; !ec && it != std::filesystem::recursive_directory_iterator(); it.increment(ec)) {
    if (it->path().filename() == ".git") {
      it.disable_recursion_pending();
      continue;
    }
    if (it->is_directory(ec) && !it->is_symlink(ec)) continue;
    files.push_back(it->path().lexically_relative(folder).string());
  }
  if (ec) return fail(Errc::io, "read '{}': {}", folder.string(), ec.message());
  return files;
}

}  // namespace

Result<std::vector<std::string>> Git::source_files(const std::filesystem::path& folder) {
  const auto inside = run({"-C", folder.string(), "rev-parse", "--is-inside-work-tree"});
  if (!inside && inside.error().code == Errc::not_found) return every_file(folder);
  if (!inside) return inside.error();
  std::vector<std::string> list{"-C", folder.string()};
  std::string empty;  // a repository of no folder, for the .gitignore of one that has none
  if (inside->status != 0) {
    std::error_code ec;
    empty = (std::filesystem::temp_directory_path(ec) / "davit-ignore-XXXXXX").string();
    if (::mkdtemp(empty.data()) == nullptr) return fail_errno(errno, "make a temporary folder");
    const auto made = run({"init", "-q", "--bare", empty});
    if (!made) return made.error();
    list.insert(list.end(), {"--git-dir=" + empty, "--work-tree=" + folder.string()});
  }
  list.insert(list.end(), {"ls-files", "-z", "--cached", "--others", "--exclude-standard"});
  const auto ended = run(std::move(list), file_list_bytes_max);
  if (!empty.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(empty, ignored);
  }
  if (!ended) return ended.error();
  DAVIT_TRY(expect_success(ended->status, ended->errors, "list the files"));
  return split_at_nul(ended->output);
}

std::string Git::describe(const std::filesystem::path& folder) {
  const auto ended = run({"-C", folder.string(), "describe", "--always", "--dirty"});
  if (!ended || ended->status != 0) return {};
  return one_line(std::string_view(ended->output).substr(0, ended->output.find('\n')));
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
