#pragma once
#include <map>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace davit::test {

struct Ended {
  int status = 0;
  std::string out;
  std::string err;
};

// The real `davit`, with a home and a folder of its own and an environment that holds nothing else.
class DavitProgram {
 public:
  DavitProgram();

  Ended run(std::vector<std::string> words, const std::string& input = {});
  Ended git(std::vector<std::string> words, const std::string& input = {});
  std::map<std::string, std::string> env;
  std::string home() const { return dir_.str("home"); }
  std::string folder() const { return dir_.str("work"); }

 private:
  Ended start(std::vector<std::string> argv, const std::string& input);
  TempDir dir_;
};

}  // namespace davit::test
