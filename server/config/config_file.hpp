#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

// davit.toml: what an admin settles for the whole box. Every value has a default, so an empty file
// is a good one.
namespace davit::config {

// [sizes.NAME]: a dyno size. A name of Davit's own (small, standard, large) changes that size; what
// is left out there keeps its value.
struct SizeSection {
  std::optional<std::uint64_t> memory_bytes;  // memory = "512MB"
  std::optional<std::uint32_t> cpu_weight;    // cpu_weight = 100: share under contention, 1..10000
  std::optional<std::uint32_t> cpu_max_percent;  // cpu_max = "200%": two cores; "none": no cap
  std::optional<std::uint32_t> processes;        // processes = 256
  std::optional<std::uint64_t> disk_bytes;       // disk = "2GB": the writable layer
};

// [network]
struct NetworkSection {
  enum class Egress { automatic, none };
  Egress egress = Egress::automatic;  // egress = "auto" | "none"
  std::vector<std::string> allow;     // "10.1.0.0/16", "10.1.2.3:5432": reachable although private
  std::vector<std::string> deny;      // the same forms: unreachable although public
  std::vector<std::string> dns;  // dns = ["192.0.2.53"]: name servers of dynos; none: the host's
};

// [dynos]
struct DynosSection {
  std::optional<std::chrono::milliseconds> boot_timeout;  // boot_timeout = "60s" (R10)
  std::optional<std::chrono::milliseconds> stop_grace;    // stop_grace = "30s" (R12)
  std::optional<std::string> stack;  // stack = "/srv/stacks/debian-12": see docs
  std::optional<std::chrono::milliseconds>
      sleep_stop_after;  // sleep_stop_after = "12h": of frozen ones
  // What the autoscaler waits above its target, and below it, before it acts.
  std::optional<std::chrono::milliseconds> scale_up_after;    // scale_up_after = "30s"
  std::optional<std::chrono::milliseconds> scale_down_after;  // scale_down_after = "5m"
  bool cycle = false;  // cycle = true: restart each dyno once a day
};

// [build]
struct BuildSection {
  std::map<std::string, std::string> env;  // [build.env]: proxies, mirrors, certificate authorities
  bool share_host_network = false;         // network = "auto" | "shared"
  // What one build may take.
  std::optional<std::uint64_t> memory_bytes;      // memory = "2GB"
  std::optional<std::uint32_t> cpu_weight;        // cpu_weight = 20: a standard dyno has 100
  std::optional<std::uint32_t> processes;         // processes = 1024
  std::optional<std::uint64_t> disk_bytes;        // disk = "10GB": tree, cache and /tmp together
  std::optional<std::chrono::milliseconds> time;  // time = "15m"
  std::optional<std::uint64_t> slug_bytes;        // slug = "500MB": what it may leave behind
  // What all of them may take.
  std::optional<std::uint32_t> at_once;             // at_once = 1: the others wait
  std::optional<std::uint64_t> cache_budget_bytes;  // cache_budget = "10GB": of all apps' caches
};

// [runtimes]: where Node.js, Python and the like come from. A source is a base address, or "off".
struct RuntimesSection {
  std::optional<std::string> node;          // node = "https://nodejs.org/dist"
  std::optional<std::string> npm;           // npm = "https://registry.npmjs.org"
  std::optional<std::string> python;        // python = ".../python-build-standalone/releases"
  std::optional<std::string> go;            // go = "https://go.dev/dl"
  std::optional<std::string> java;          // java = "https://api.adoptium.net/v3"
  bool distribution = true;                 // distribution = false: only what Davit's store holds
  std::optional<std::uint64_t> disk_bytes;  // disk = "10GB": what the store may take
};

// [sources]: where apps may take buildpacks, submodules and code from, beside https addresses of
// the public internet.
struct SourcesSection {
  std::vector<std::string> allow;  // "10.1.0.0/16", "127.0.0.1": addresses otherwise refused
  bool plain_http = false;         // plain_http = true: http:// as well
  std::vector<std::string> local;  // local = ["/srv/buildpacks"]: folders of this machine
  std::optional<std::uint64_t> disk_bytes;  // disk = "2GB": what is kept for the next build
};

// [router]
struct RouterSection {
  // Of the next davit-router: arguments = ["--first-byte-timeout", "60s"]; before them the limits
  // that have keys of their own: connections_per_client = 200, trusted = ["192.0.2.0/24"] and so on
  // (docs/router.md).
  std::vector<std::string> arguments;
  std::vector<std::string> https_listen;  // https_listen = ["0.0.0.0:443"]
  // [[router.certificates]]: PEM files, chain = "..." and key = "...". Each is served for the names
  // in its leaf; the first also for names that no other is for.
  struct Certificate {
    std::string chain;
    std::string key;
    bool operator==(const Certificate&) const = default;
  };
  std::vector<Certificate> certificates;
};

struct ConfigFile {
  std::optional<std::string> domain;               // domain = "paas.example.com"
  std::optional<std::vector<std::string>> listen;  // listen = ["0.0.0.0:80"]
  std::map<std::string, SizeSection> sizes;
  NetworkSection network;
  DynosSection dynos;
  BuildSection build;
  RouterSection router;
  RuntimesSection runtimes;
  SourcesSection sources;
  std::map<std::string, std::string> buildpacks;  // [buildpacks]: "heroku/ruby" = "https://…#v1"
};

// Reads `path`. A key that is not known, a wrong type or a value out of range is an error that
// names the file, the line and the key: a misspelt limit must not be no limit. Errors: not_found,
// invalid_argument.
Result<ConfigFile> read_config_file(const std::string& path);
Result<ConfigFile> parse_config(const std::string& text, const std::string& path);

}  // namespace davit::config
