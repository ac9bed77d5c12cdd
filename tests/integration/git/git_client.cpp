#include "tests/integration/git/git_client.hpp"

#include <fcntl.h>

#include <filesystem>
#include <fstream>

#include "base/ensure.hpp"
#include "base/files.hpp"

namespace davit::test {

GitClient::GitClient() {
  env_ = {{"PATH", "/usr/bin:/bin"},
          {"HOME", dir_.str()},
          {"GIT_CONFIG_NOSYSTEM", "1"},
          {"GIT_TERMINAL_PROMPT", "0"},
          {"GIT_AUTHOR_NAME", "A"},
          {"GIT_AUTHOR_EMAIL", "a@example.com"},
          {"GIT_COMMITTER_NAME", "A"},
          {"GIT_COMMITTER_EMAIL", "a@example.com"},
          {"LC_ALL", "C"}};
  std::filesystem::create_directory(dir_.path() / "work");
}

Process GitClient::start(std::vector<std::string> arguments, const std::string& folder) {
  const auto out = open_file(dir_.str("output"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ensure(out.has_value(), "the output file opens");
  ProcessOptions options;
  options.argv = {"/usr/bin/git"};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.env = env_;
  options.cwd = dir_.str(folder);
  options.stdout_fd = options.stderr_fd = out->get();
  auto process = Process::spawn(options);
  ensure(process.has_value(), "git starts");
  return std::move(*process);
}

std::string GitClient::output() const {
  const auto text = read_file(dir_.str("output"), 10'000'000);
  return text ? *text : "";
}

GitRun GitClient::run(std::vector<std::string> arguments, const std::string& folder) {
  auto process = start(std::move(arguments), folder);
  const auto code = process.wait();
  return {code ? *code : -1, output()};
}

void GitClient::init(const std::string& branch) {
  run({"init", "-q", "-b", branch});
  commit("index.html", "hello");
}

std::string GitClient::commit(const std::string& file, const std::string& content) {
  std::ofstream(dir_.str("work/" + file), std::ios::binary) << content;
  run({"add", "-A"});
  run({"commit", "-q", "-m", "change " + file});
  auto id = run({"rev-parse", "HEAD"}).output;
  return id.substr(0, 40);
}

}  // namespace davit::test
