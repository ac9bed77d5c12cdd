#include "server/daemon/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <toml++/toml.h>

#include "base/duration.hpp"

namespace davit {
namespace {

namespace fs = std::filesystem;

// Builds behind a proxy, a mirror or a private certificate authority need these; an admin who set them for davitd means
// them for builds too. Everything else of davitd's environment stays out of builds.
constexpr const char* inherited_by_builds[] = {
    "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
    "REQUESTS_CA_BUNDLE",  "PIP_CERT",      "HTTP_PROXY",   "HTTPS_PROXY",    "NO_PROXY",
    "http_proxy",          "https_proxy",   "no_proxy",     "NPM_CONFIG_REGISTRY",
    "PIP_INDEX_URL",       "CURL_TIMEOUT"};

std::string own_folder() {
  std::error_code ec;
  return fs::read_symlink("/proc/self/exe", ec).parent_path().string();
}

Result<> set_boot_timeout(const std::string& where, const std::string& text, Options& options) {
  const auto time = parse_duration(text, {limits::boot_timeout_min, limits::boot_timeout_max});
  if (!time) return fail(Errc::invalid_argument, "{}: {}", where, time.error().message);
  options.boot_timeout = *time;
  return {};
}

Result<> read_file_options(const std::string& path, Options& options) {
  try {
    const toml::table file = toml::parse_file(path);
    options.domain = file["domain"].value_or(options.domain);
    if (const auto* listen = file["listen"].as_array()) {
      options.listen.clear();
      for (const auto& address : *listen) options.listen.push_back(address.value_or(std::string()));
    }
    if (const auto* words = file["router"]["arguments"].as_array()) {
      for (const auto& word : *words) {
        const auto text = word.value<std::string>();
        if (!text) {
          return fail(Errc::invalid_argument,
                      "'{}': router.arguments holds something that is not a string; write "
                      "[\"--first-byte-timeout\", \"60s\"]",
                      path);
        }
        options.router_arguments.push_back(*text);
      }
    }
    if (const auto boot = file["boot_timeout"]) {
      // A bare number has no unit, and is refused with the same words.
      const std::string text =
          boot.is_integer() ? std::to_string(boot.value_or(0L)) : boot.value_or(std::string());
      DAVIT_TRY(set_boot_timeout(fmt::format("'{}': boot_timeout", path), text, options));
    }
    if (const auto* env = file["build"]["env"].as_table()) {
      for (const auto& [key, value] : *env) {
        if (!value.is_string()) {
          return fail(Errc::invalid_argument, "'{}': build.env.{} is not a string", path,
                      std::string_view(key.str()));
        }
        options.build_environment[std::string(key.str())] = value.value_or(std::string());
      }
    }
  } catch (const toml::parse_error& error) {
    return fail(Errc::invalid_argument, "'{}', line {}: {}", path, error.source().begin.line,
                error.description());
  }
  return {};
}

bool valid_domain(const std::string& domain) {
  return !domain.empty() && domain.size() <= 200 &&
         domain.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
}

}  // namespace

Result<Options> parse_options(int argc, char** argv, const std::map<std::string, std::string>& env) {
  Options options;
  for (const char* key : inherited_by_builds) {
    const auto found = env.find(key);
    if (found != env.end()) options.build_environment[key] = found->second;
  }
  options.programs = own_folder();
  options.buildpacks = fs::path(options.programs).parent_path() / "buildpacks";

  CLI::App app{"davitd, the control plane of Davit: API, git endpoint, builds, supervisor", "davitd"};
  std::string data, config_file, domain, boot_timeout;
  std::vector<std::string> listen;
  bool stop_all = false, no_router = false;
  app.add_option("--data", data, "Folder for everything: database, repositories, slugs, sockets")
      ->required();
  app.add_option("--listen", listen, "Public address, host:port; repeatable [127.0.0.1:8080]");
  app.add_option("--domain", domain, "Apps are served at APP.DOMAIN [localhost]");
  app.add_option("--config", config_file, "Configuration file (TOML)")->check(CLI::ExistingFile);
  app.add_option("--programs", options.programs, "Folder of davit-router and davit-dyno");
  app.add_option("--buildpacks", options.buildpacks, "Folder of the bundled buildpacks");
  app.add_option("--boot-timeout", boot_timeout,
                 "A web dyno that does not listen within so long is stopped (R10) [60s]");
  app.add_flag("--no-router", no_router, "Somebody else starts davit-router");
  app.add_flag("--stop-all", stop_all, "End the router and every dyno of this data folder, then exit");
  app.set_version_flag("--version", "davitd " DAVIT_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    app.exit(answered);
    options.action = Options::Action::exit;
    return options;
  } catch (const CLI::ParseError& error) {
    return fail(Errc::invalid_argument, "{}; `davitd --help` lists the options", error.what());
  }
  if (!config_file.empty()) DAVIT_TRY(read_file_options(config_file, options));
  if (!domain.empty()) options.domain = domain;
  if (!listen.empty()) options.listen = listen;
  if (!boot_timeout.empty()) {
    DAVIT_TRY(set_boot_timeout("--boot-timeout", boot_timeout, options));
  }
  if (!valid_domain(options.domain)) {
    return fail(Errc::invalid_argument, "--domain '{}' is not a lower-case host name", options.domain);
  }
  options.start_router = !no_router;
  if (stop_all) options.action = Options::Action::stop_all;
  std::error_code ec;
  options.paths.data = fs::absolute(data, ec).lexically_normal().string();
  while (options.paths.data.size() > 1 && options.paths.data.back() == '/') {
    options.paths.data.pop_back();
  }
  options.paths.run = options.paths.data + "/run";
  // A Unix socket's path has 108 bytes (unix(7)); the longest of ours is a dyno's.
  if (options.paths.dyno_sockets().size() + 1 + 36 + 5 > 107) {
    return fail(Errc::invalid_argument,
                "--data '{}' is too long a path for Unix sockets; use one of at most 50 characters",
                options.paths.data);
  }
  return options;
}

}  // namespace davit
