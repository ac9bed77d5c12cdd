#include "router/options.hpp"

#include <fmt/format.h>

#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "router/limits.hpp"

namespace davit::router {
namespace {

constexpr const char* about =
    "The public port of Davit: passes HTTP on to apps, by the route table that davitd sends.\n"
    "Times are a whole number and its unit (200ms, 30s, 15m, 2h); what is late is noticed within "
    "half a second.";

void add_time(CLI::App& app, const TimeFlag& flag, TimeLimits& times) {
  TimeLimits::Time& limit = times.*flag.limit;
  const auto set = [&limit, name = flag.name](const std::string& text) {
    const auto time = parse_duration(text, time_limit_range);
    if (!time) throw CLI::ValidationError(name, time.error().message);
    limit = *time;
  };
  const std::string help = fmt::format("{} [{}]", flag.help, format_duration(limit));
  app.add_option_function<std::string>(flag.name, set, help)->type_name("TIME")->group("Times");
}

void add_count(CLI::App& app, const char* name, std::uint32_t& count, const char* help,
               std::uint64_t max) {
  app.add_option(name, count, help)
      ->check(CLI::Range(std::uint64_t{0}, max))
      ->type_name("N")
      ->group("Limits");
}

void add_limits(CLI::App& app, RouterOptions& options) {
  add_count(app, "--connections", options.capacity.connections,
            "Connections of clients at once; 0: by descriptors and memory. Beyond, those that idle "
            "longest are closed",
            limits::connections_max);
  add_count(app, "--requests", options.capacity.requests,
            "Requests in flight or waiting at once; 0: by memory. Beyond: H99",
            limits::per_client_max);
  guard::ClientLimits& clients = options.clients;
  add_count(app, "--connections-per-client", clients.connections,
            "Connections at once of one client (an IPv4 address, an IPv6 /64); 0: any number. "
            "Beyond: refused",
            limits::per_client_max);
  add_count(app, "--requests-per-client", clients.requests_per_second,
            "New requests a second of one client; 0: any number. Beyond: 429, H29",
            limits::per_client_max);
  add_count(app, "--request-burst", clients.request_burst,
            "Of these, so many at once after a while without; 0: those of five seconds",
            limits::per_client_max);
  add_count(app, "--slow-heads-per-client", clients.slow_heads,
            "Connections of one client in the middle of a head; 0: any number. Beyond, the oldest "
            "are closed [100]",
            limits::per_client_max);
  const auto trust = [&clients](const std::vector<std::string>& networks) {
    for (const std::string& network : networks) {
      if (const auto added = clients.trusted.add(network); !added) {
        throw CLI::ValidationError("--trust", added.error().message);
      }
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "--trust", trust, "Network to whose clients none of these applies; repeatable")
      ->type_name("CIDR")
      ->group("Limits");
}

}  // namespace

int thread_count(int threads) {
  if (threads > 0) return threads;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return std::clamp(CPU_COUNT(&allowed), 1, limits::threads_max);
}

Result<std::optional<RouterOptions>> parse_options(int argc, const char* const* argv) {
  RouterOptions options;
  CLI::App app{about, "davit-router"};
  app.add_option("--listen", options.listen,
                 "IP:PORT or [IPV6]:PORT to serve; repeatable; port 0: any")
      ->required();
  app.add_option("--listen-tls", options.listen_tls,
                 "the same for HTTPS (HTTP/1.1 and HTTP/2); repeatable");
  app.add_option("--certificate", options.certificates,
                 "CHAIN,KEY: PEM files to serve HTTPS with beside what davitd sends; repeatable; "
                 "the first is for names that no certificate is for");
  app.add_option("--control", options.control, "Unix socket where davitd connects")->required();
  app.add_option("--table", options.table, "file that keeps the last route table")->required();
  app.add_option("--threads", options.threads,
                 "threads that serve requests; 0: one for each CPU that this process may use")
      ->check(CLI::Range(0, limits::threads_max));
  app.add_flag(
      "--replace", options.replace,
      "take the listening sockets of the router that runs with this control socket, if there "
      "is one; it finishes what it has and ends");
  add_limits(app, options);
  for (const TimeFlag& flag : time_flags()) add_time(app, flag, options.times);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    app.exit(answered);
    return std::optional<RouterOptions>();
  } catch (const CLI::ParseError& error) {
    return fail(Errc::invalid_argument, "{}; `davit-router --help` lists the options",
                error.what());
  }
  return std::optional<RouterOptions>(std::move(options));
}

}  // namespace davit::router
