#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::test {

struct GitRun {
  int code = -1;
  std::string output;  // standard output and error
};

// The real git, with a home of its own.
class GitClient {
 public:
  GitClient();
  // In `folder` (below the client's own), which exists.
  GitRun run(std::vector<std::string> arguments, const std::string& folder = "work");
  Process start(std::vector<std::string> arguments, const std::string& folder = "work");
  std::string output() const;  // of the last run or start, so far

  // `git init` with main, one commit with these files.
  void init(const std::string& branch = "main");
  std::string commit(const std::string& file, const std::string& content);  // returns the id
  std::string path(const std::string& name) const { return dir_.str(name); }
  void set_env(const std::string& key, const std::string& value) { env_[key] = value; }

 private:
  TempDir dir_;
  std::map<std::string, std::string> env_;
};

}  // namespace davit::test
