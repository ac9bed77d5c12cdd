#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "dyno/protocol/spec.hpp"
#include "server/certs/certificate_files.hpp"
#include "server/config/config_file.hpp"
#include "server/network/settings.hpp"
#include "server/paths.hpp"

namespace davit {

// What davitd is told at its start: flags over the configuration file over defaults. Read once.
struct Options {
  enum class Action { serve, stop_all, exit };
  Action action = Action::serve;  // exit: --help or --version was answered

  Paths paths;
  std::vector<std::string> listen{"127.0.0.1:8080"};  // the router's public addresses
  std::vector<std::string> https_listen;              // the same for HTTPS
  std::vector<certs::Pair> certificate_files;
  std::string config_file;  // empty: there is none
  std::string domain = "localhost";
  std::string programs;    // folder of davit-router and davit-dyno
  std::string buildpacks;  // folder of the bundled packs
  bool start_router = true;
  std::optional<dyno::Level> level;  // of isolation; nullopt: the best that the probe finds
  std::vector<std::string> router_arguments;  // of the next davit-router that is started
  std::chrono::milliseconds boot_timeout = limits::boot_timeout;
  std::map<std::string, std::string> build_environment;
  config::BuildSection build;  // but for its env
  std::map<std::string, config::SizeSection> sizes;
  network::Settings network;
  config::DynosSection dynos;
  config::RuntimesSection runtimes;
  config::SourcesSection sources;
  std::map<std::string, std::string> buildpack_names;  // the admin's: name -> where it is
};

// argv as main got it; env for the variables that builds inherit. Errors are for standard error,
// exit code 2.
Result<Options> parse_options(int argc, char** argv, const std::map<std::string, std::string>& env);

}  // namespace davit
