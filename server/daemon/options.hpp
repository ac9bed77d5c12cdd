#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/network/settings.hpp"
#include "server/paths.hpp"

namespace davit {

// What davitd is told at its start: flags over the configuration file over defaults. Read once.
struct Options {
  enum class Action { serve, stop_all, exit };
  Action action = Action::serve;  // exit: --help or --version was answered

  Paths paths;
  std::vector<std::string> listen{"127.0.0.1:8080"};  // the router's public addresses
  std::string domain = "localhost";
  std::string programs;    // folder of davit-router and davit-dyno
  std::string buildpacks;  // folder of the bundled packs
  bool start_router = true;
  std::map<std::string, std::string> build_environment;
  network::Settings network;
};

// argv as main got it; env for the variables that builds inherit. Errors are for standard error, exit code 2.
Result<Options> parse_options(int argc, char** argv, const std::map<std::string, std::string>& env);

}  // namespace davit
