#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "router/capacity.hpp"
#include "router/guard/client_limits.hpp"
#include "router/time_limits.hpp"

namespace davit::router {

// What davit-router is told at its start.
struct RouterOptions {
  std::vector<std::string> listen;        // IP:PORT or [IPV6]:PORT; port 0: any
  std::vector<std::string> listen_tls;    // the same, for HTTPS
  std::vector<std::string> certificates;  // CHAIN,KEY: PEM files; the first is the default
  std::string control;                    // Unix socket where davitd connects
  std::string table;                      // file that keeps the last route table
  int threads = 0;                        // that serve requests; 0: one for each CPU
  bool replace = false;  // take the place of the router that runs with this control socket
  TimeLimits times;
  Capacity capacity;  // 0: what the machine bears
  guard::ClientLimits clients;
};

// How many threads `threads` means on this machine.
int thread_count(int threads);

// argv as main got it. nullopt: --help was answered. Errors are for standard error, exit code 2;
// they name the option.
Result<std::optional<RouterOptions>> parse_options(int argc, const char* const* argv);

}  // namespace davit::router
