#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/arguments.hpp"

namespace davit::cli {

class Session;

// The exit status, or an error (see exit_status in run.cpp).
using Outcome = Result<int>;
using Run = std::function<Outcome(Session&)>;

enum class Scope {
  nothing,  // neither server nor app
  server,   // --url
  app,      // --url, --app, --remote
};
enum class Output { text, text_or_json };

struct Command {
  std::string name;  // "ps:scale", "admin users:add"
  std::vector<std::string> aliases;
  std::string topic;    // where help lists it
  std::string usage;    // what follows the name: "[TYPE=QUANTITY...]"
  std::string summary;  // one sentence
  std::vector<std::string> examples;
  Scope scope = Scope::app;
  Output output = Output::text;
  bool takes_command = false;  // a program's own words follow its options: they are not for us
  std::function<Run(Arguments&)> declare;  // names its arguments; what it returns owns their values
};

}  // namespace davit::cli
