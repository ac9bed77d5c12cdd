#include "server/config/config_file.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/duration.hpp"
#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/units.hpp"
#include "server/config/toml_section.hpp"

namespace davit::config {
namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;  // far above what anybody writes
constexpr std::size_t sizes_max = 64;
constexpr std::uint32_t cpu_percent_max = 100'000;
constexpr std::uint64_t memory_bytes_min = 16ull << 20;  // below it not even a shell starts
constexpr std::uint64_t disk_bytes_min = 1ull << 20;
// No language's tools build anything below these.
constexpr std::uint64_t build_memory_bytes_min = 64ull << 20;
constexpr std::uint64_t build_disk_bytes_min = 16ull << 20;
constexpr std::int64_t build_processes_min = 32;
constexpr std::int64_t builds_at_once_max = 64;

// "200%": two cores. "none": 0, which is no cap.
Result<std::uint32_t> parse_percent(std::string_view text) {
  if (text == "none") return 0u;
  std::uint32_t percent = 0;
  const bool marked = text.ends_with('%');
  if (marked) text.remove_suffix(1);
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (marked && ec == std::errc() && end == text.data() + text.size() && percent > 0 &&
      percent <= cpu_percent_max) {
    return percent;
  }
  return fail(Errc::invalid_argument,
              "write a share of one core such as \"50%\" or \"200%\", or \"none\"");
}

Result<std::uint64_t> at_least(std::string_view text, std::uint64_t min) {
  auto bytes = parse_bytes(text);
  if (bytes && *bytes < min) {
    return fail(Errc::invalid_argument, "must be at least {}", format_bytes(min));
  }
  return bytes;
}

Result<std::chrono::milliseconds> boot_time(std::string_view text) {
  return parse_duration(text, {limits::boot_timeout_min, limits::boot_timeout_max});
}
Result<std::chrono::milliseconds> stop_time(std::string_view text) {
  return parse_duration(text, {limits::stop_grace_min, limits::stop_grace_max});
}

Result<std::chrono::milliseconds> up_to_a_year(std::string_view text) {
  using namespace std::chrono_literals;
  return parse_duration(text, {1s, 365 * 24h});
}
Result<std::chrono::milliseconds> up_to_a_day(std::string_view text) {
  using namespace std::chrono_literals;
  return parse_duration(text, {1s, 24h});
}

bool valid_size_name(std::string_view name) {
  return !name.empty() && name.size() <= 30 && name.front() != '-' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == name.npos;
}

Result<> read_size(const toml::table& table, const std::string& name, ConfigFile& out) {
  TomlSection section(table, "sizes." + name);
  SizeSection& size = out.sizes[name];
  section.parsed<std::uint64_t>(
      "memory", [](auto text) { return at_least(text, memory_bytes_min); }, size.memory_bytes);
  section.number("cpu_weight", 1, 10'000, size.cpu_weight);
  section.parsed<std::uint32_t>("cpu_max", parse_percent, size.cpu_max_percent);
  section.number("processes", 8, 1'000'000, size.processes);
  section.parsed<std::uint64_t>(
      "disk", [](auto text) { return at_least(text, disk_bytes_min); }, size.disk_bytes);
  return section.finish();
}

Result<> read_sizes(const toml::table& table, ConfigFile& out) {
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    if (!valid_size_name(name) || !value.is_table() || out.sizes.size() >= sizes_max) {
      return fail(Errc::invalid_argument,
                  "line {}: 'sizes.{}': sizes are tables [sizes.NAME], at most {}, with names of "
                  "lower-case letters, digits and '-'",
                  value.source().begin.line, name, sizes_max);
    }
    DAVIT_TRY(read_size(*value.as_table(), name, out));
  }
  return {};
}

Result<> read_network(const toml::table& table, NetworkSection& out) {
  TomlSection section(table, "network");
  std::optional<std::string> egress;
  section.text("egress", egress);
  if (egress && *egress != "auto" && *egress != "none") {
    section.refuse("egress", "must be \"auto\" or \"none\"");
  }
  out.egress = egress == "none" ? NetworkSection::Egress::none : NetworkSection::Egress::automatic;
  section.texts("allow", out.allow);
  section.texts("deny", out.deny);
  section.texts("dns", out.dns);
  return section.finish();
}

Result<> read_dynos(const toml::table& table, DynosSection& out) {
  TomlSection section(table, "dynos");
  section.parsed<std::chrono::milliseconds>("boot_timeout", boot_time, out.boot_timeout);
  section.parsed<std::chrono::milliseconds>("stop_grace", stop_time, out.stop_grace);
  section.parsed<std::chrono::milliseconds>("sleep_stop_after", up_to_a_year, out.sleep_stop_after);
  section.parsed<std::chrono::milliseconds>("scale_up_after", up_to_a_day, out.scale_up_after);
  section.parsed<std::chrono::milliseconds>("scale_down_after", up_to_a_day, out.scale_down_after);
  section.flag("cycle", out.cycle);
  section.text("stack", out.stack);
  return section.finish();
}

void read_build_limits(TomlSection& section, BuildSection& out) {
  const auto memory = [](auto text) { return at_least(text, build_memory_bytes_min); };
  const auto disk = [](auto text) { return at_least(text, build_disk_bytes_min); };
  section.parsed<std::uint64_t>("memory", memory, out.memory_bytes);
  section.number("cpu_weight", 1, 10'000, out.cpu_weight);
  section.number("processes", build_processes_min, 1'000'000, out.processes);
  section.parsed<std::uint64_t>("disk", disk, out.disk_bytes);
  section.parsed<std::chrono::milliseconds>("time", up_to_a_day, out.time);
  section.parsed<std::uint64_t>(
      "slug", [](auto text) { return at_least(text, disk_bytes_min); }, out.slug_bytes);
  section.number("at_once", 1, builds_at_once_max, out.at_once);
  section.parsed<std::uint64_t>(
      "cache_budget", [](auto text) { return parse_bytes(text); }, out.cache_budget_bytes);
}

// What the platform sets itself, and what would change which program a build step runs.
bool is_a_builds_own(std::string_view name) {
  constexpr std::string_view own[] = {"PATH",       "HOME", "STACK", "SOURCE_VERSION",
                                      "REQUEST_ID", "DYNO", "PORT",  "PWD"};
  return std::find(std::begin(own), std::end(own), name) != std::end(own);
}

Result<> read_build(const toml::table& table, BuildSection& out) {
  TomlSection section(table, "build");
  if (const toml::table* env = section.table("env")) {
    for (const auto& [key, value] : *env) {
      const auto text = value.value_exact<std::string>();
      if (!text) {
        return fail(Errc::invalid_argument, "line {}: 'build.env.{}': must be a text in quotes",
                    value.source().begin.line, key.str());
      }
      const bool valid = ConfigKey::parse(std::string(key.str())).has_value();
      if (!valid || is_a_builds_own(key.str()) || text->find('\0') != text->npos) {
        return fail(Errc::invalid_argument,
                    "line {}: 'build.env.{}': builds cannot be given this variable",
                    value.source().begin.line, printable(key.str(), 80));
      }
      out.env[std::string(key.str())] = *text;
    }
  }
  std::optional<std::string> network;
  section.text("network", network);
  if (network && *network != "auto" && *network != "shared") {
    section.refuse("network", "must be \"auto\" or \"shared\"");
  }
  out.share_host_network = network == "shared";
  read_build_limits(section, out);
  return section.finish();
}

// davit-router checks them again, and says more.
constexpr std::uint32_t router_limit_max = 1'000'000;
constexpr std::pair<const char*, const char*> router_limits[] = {
    {"connections", "--connections"},
    {"requests", "--requests"},
    {"connections_per_client", "--connections-per-client"},
    {"requests_per_client", "--requests-per-client"},
    {"request_burst", "--request-burst"},
    {"slow_heads_per_client", "--slow-heads-per-client"}};

void read_router_limits(TomlSection& section, std::vector<std::string>& out) {
  for (const auto& [key, flag] : router_limits) {
    std::optional<std::uint32_t> count;
    section.number(key, 0, router_limit_max, count);
    if (count) out.insert(out.end(), {flag, std::to_string(*count)});
  }
  std::vector<std::string> trusted;
  section.texts("trusted", trusted);
  for (std::string& network : trusted) out.insert(out.end(), {"--trust", std::move(network)});
}

Result<> read_router(const toml::table& table, RouterSection& out) {
  TomlSection section(table, "router");
  read_router_limits(section, out.arguments);
  std::vector<std::string> arguments;
  section.texts("arguments", arguments);
  out.arguments.insert(out.arguments.end(), arguments.begin(), arguments.end());
  section.texts("https_listen", out.https_listen);
  for (const toml::table* entry : section.tables("certificates")) {
    TomlSection certificate(*entry, "router.certificates");
    std::optional<std::string> chain, key;
    certificate.text("chain", chain);
    certificate.text("key", key);
    if (!chain) certificate.refuse("chain", "must name a file with the certificate and its chain");
    if (!key) certificate.refuse("key", "must name a file with the certificate's private key");
    DAVIT_TRY(certificate.finish());
    out.certificates.push_back({*chain, *key});
  }
  return section.finish();
}

Result<> read_runtimes(const toml::table& table, RuntimesSection& out) {
  TomlSection section(table, "runtimes");
  const std::pair<const char*, std::optional<std::string>*> sources[] = {{"node", &out.node},
                                                                         {"npm", &out.npm},
                                                                         {"python", &out.python},
                                                                         {"go", &out.go},
                                                                         {"java", &out.java}};
  for (const auto& [key, source] : sources) {
    section.text(key, *source);
    if (!*source) continue;
    while ((*source)->ends_with('/')) (*source)->pop_back();
    const bool address = (*source)->starts_with("https://") || (*source)->starts_with("http://");
    if (!address && **source != "off") {
      section.refuse(key, "must be an address that begins with https:// or http://, or \"off\"");
    }
  }
  section.flag("distribution", out.distribution);
  section.parsed<std::uint64_t>(
      "disk", [](auto text) { return at_least(text, disk_bytes_min); }, out.disk_bytes);
  return section.finish();
}

Result<> read_sources(const toml::table& table, SourcesSection& out) {
  TomlSection section(table, "sources");
  section.texts("allow", out.allow);
  section.flag("plain_http", out.plain_http);
  section.texts("local", out.local);
  for (const std::string& folder : out.local) {
    if (!folder.starts_with('/')) section.refuse("local", "must be absolute paths of folders");
  }
  section.parsed<std::uint64_t>(
      "disk", [](auto text) { return at_least(text, disk_bytes_min); }, out.disk_bytes);
  return section.finish();
}

Result<> read_buildpacks(const toml::table& table, ConfigFile& out) {
  for (const auto& [key, value] : table) {
    const auto text = value.value_exact<std::string>();
    if (!text || text->empty()) {
      return fail(Errc::invalid_argument, "line {}: 'buildpacks.{}': must be a text in quotes",
                  value.source().begin.line, key.str());
    }
    out.buildpacks[std::string(key.str())] = *text;
  }
  return {};
}

Result<ConfigFile> read_table(const toml::table& table) {
  ConfigFile out;
  TomlSection section(table, "");
  section.text("domain", out.domain);
  section.know("listen");
  if (table.contains("listen")) {
    section.texts("listen", out.listen.emplace());
    if (out.listen->empty()) section.refuse("listen", "must name an address, host:port");
  }
  if (const auto* sizes = section.table("sizes")) DAVIT_TRY(read_sizes(*sizes, out));
  if (const auto* network = section.table("network"))
    DAVIT_TRY(read_network(*network, out.network));
  if (const auto* dynos = section.table("dynos")) DAVIT_TRY(read_dynos(*dynos, out.dynos));
  if (const auto* build = section.table("build")) DAVIT_TRY(read_build(*build, out.build));
  if (const auto* router = section.table("router")) DAVIT_TRY(read_router(*router, out.router));
  if (const auto* runtimes = section.table("runtimes")) {
    DAVIT_TRY(read_runtimes(*runtimes, out.runtimes));
  }
  if (const auto* sources = section.table("sources")) {
    DAVIT_TRY(read_sources(*sources, out.sources));
  }
  if (const auto* packs = section.table("buildpacks")) DAVIT_TRY(read_buildpacks(*packs, out));
  DAVIT_TRY(section.finish());
  return out;
}

}  // namespace

Result<ConfigFile> parse_config(const std::string& text, const std::string& path) {
  const auto in_file = [&](Error error) {
    error.message = fmt::format("'{}', {}", path, error.message);
    return error;
  };
  try {
    const toml::table table = toml::parse(text, path);
    auto config = read_table(table);
    if (!config) return in_file(std::move(config).error());
    return config;
  } catch (const toml::parse_error& error) {
    return in_file(fail(Errc::invalid_argument, "line {}: {}", error.source().begin.line,
                        error.description()));
  }
}

Result<ConfigFile> read_config_file(const std::string& path) {
  auto text = read_file(path, file_bytes_max);
  if (!text) return std::move(text).error();
  return parse_config(*text, path);
}

}  // namespace davit::config
