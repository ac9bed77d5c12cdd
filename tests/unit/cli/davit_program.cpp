#include "davit_program.hpp"

#include <fcntl.h>

#include "base/ensure.hpp"
#include "base/files.hpp"
#include "base/process.hpp"

namespace davit::test {

DavitProgram::DavitProgram() {
  ensure(make_directories(home(), 0700).has_value(), "a home");
  ensure(make_directories(folder(), 0700).has_value(), "a folder to work in");
  env = {{"HOME", home()},
         {"PATH", "/usr/local/bin:/usr/bin:/bin"},
         {"TZ", "UTC"},
         {"GIT_CONFIG_NOSYSTEM", "1"},
         {"GIT_TERMINAL_PROMPT", "0"}};
}

Ended DavitProgram::start(std::vector<std::string> argv, const std::string& input) {
  // Files, not pipes: nothing can block, and what was said is whole once the process has ended.
  ensure(write_file_atomic(dir_.str("in"), input, 0600).has_value(), "an input");
  auto in = open_file(dir_.str("in"), O_RDONLY | O_CLOEXEC);
  auto out = open_file(dir_.str("out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  auto err = open_file(dir_.str("err"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ensure(in && out && err, "files for the standard streams");
  ProcessOptions options;
  options.argv = std::move(argv);
  options.env = env;
  options.cwd = folder();
  options.stdin_fd = in->get();
  options.stdout_fd = out->get();
  options.stderr_fd = err->get();
  options.new_session = true;  // no terminal: nothing can be asked
  auto process = Process::spawn(options);
  ensure(process.has_value(), "the program starts");
  Ended ended;
  ended.status = *process->wait();
  ended.out = *read_file(dir_.str("out"), 10'000'000);
  ended.err = *read_file(dir_.str("err"), 10'000'000);
  return ended;
}

Ended DavitProgram::run(std::vector<std::string> words, const std::string& input) {
  words.insert(words.begin(), (programs_dir() / "davit").string());
  return start(std::move(words), input);
}

Ended DavitProgram::git(std::vector<std::string> words, const std::string& input) {
  words.insert(words.begin(), "/usr/bin/git");
  return start(std::move(words), input);
}

}  // namespace davit::test
