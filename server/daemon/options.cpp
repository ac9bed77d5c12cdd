#include "server/daemon/options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "base/duration.hpp"
#include "base/encoding.hpp"
#include "base/files.hpp"
#include "server/daemon/network_settings.hpp"
#include "server/fetch/guard.hpp"

namespace davit {
namespace {

namespace fs = std::filesystem;

// Builds behind a proxy, a mirror or a private certificate authority need these; an admin who set
// them for davitd means them for builds too. Everything else of davitd's environment stays out of
// builds.
constexpr const char* inherited_by_builds[] = {
    "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",      "GIT_SSL_CAINFO",
    "REQUESTS_CA_BUNDLE",  "PIP_CERT",      "HTTP_PROXY",   "HTTPS_PROXY",         "NO_PROXY",
    "http_proxy",          "https_proxy",   "no_proxy",     "NPM_CONFIG_REGISTRY", "PIP_INDEX_URL",
    "CURL_TIMEOUT"};

std::string own_folder() {
  std::error_code ec;
  return fs::read_symlink("/proc/self/exe", ec).parent_path().string();
}

Result<> check_stack(const std::string& file, const std::string& stack) {
  if (stack.starts_with('/') && ::access((stack + "/bin/bash").c_str(), X_OK) == 0) return {};
  return fail(
      Errc::invalid_argument,
      "'{}': dynos.stack: '{}' is no folder with a system's bin, usr and lib: '{}/bin/bash' "
      "does not run",
      file, printable(stack, 200), printable(stack, 200));
}

// The file that --config names, or davit.toml in the data folder where there is one.
Result<> read_file_options(const std::string& path, Options& options) {
  auto file = config::read_config_file(path);
  if (!file) return std::move(file).error();
  if (file->domain) options.domain = *file->domain;
  if (file->listen) options.listen = *file->listen;
  options.build = file->build;
  for (const auto& [name, value] : file->build.env) options.build_environment[name] = value;
  options.sizes = std::move(file->sizes);
  auto network = network_settings(*file);
  if (!network) {
    return fail(Errc::invalid_argument, "'{}': {}", path, network.error().message);
  }
  options.network = std::move(*network);
  options.dynos = file->dynos;
  options.runtimes = file->runtimes;
  options.sources = file->sources;
  options.buildpack_names = file->buildpacks;
  if (const auto guard = fetch::Guard::public_only(file->sources.allow); !guard) {
    return fail(Errc::invalid_argument, "'{}': sources.allow: {}", path, guard.error().message);
  }
  if (file->dynos.stack) DAVIT_TRY(check_stack(path, *file->dynos.stack));
  options.boot_timeout = file->dynos.boot_timeout.value_or(options.boot_timeout);
  options.router_arguments = std::move(file->router.arguments);
  options.https_listen = std::move(file->router.https_listen);
  const auto readable = certs::check_readable(file->router.certificates);
  if (!readable) {
    return fail(readable.error().code, "'{}': router.certificates: {}", path,
                readable.error().message);
  }
  options.certificate_files = std::move(file->router.certificates);
  options.config_file = path;
  return {};
}

Result<> set_boot_timeout(const std::string& text, Options& options) {
  const auto time = parse_duration(text, {limits::boot_timeout_min, limits::boot_timeout_max});
  if (!time) return fail(Errc::invalid_argument, "--boot-timeout: {}", time.error().message);
  options.boot_timeout = *time;
  return {};
}

bool valid_domain(const std::string& domain) {
  return !domain.empty() && domain.size() <= 200 &&
         domain.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
}

}  // namespace

Result<Options> parse_options(int argc, char** argv,
                              const std::map<std::string, std::string>& env) {
  Options options;
  for (const char* key : inherited_by_builds) {
    const auto found = env.find(key);
    if (found != env.end()) options.build_environment[key] = found->second;
  }
  options.programs = own_folder();
  options.buildpacks = fs::path(options.programs).parent_path() / "buildpacks";

  CLI::App app{"davitd, the control plane of Davit: API, git endpoint, builds, supervisor",
               "davitd"};
  std::string data, config_file, domain, level, boot_timeout;
  std::vector<std::string> listen, https_listen;
  bool stop_all = false, no_router = false;
  app.add_option("--data", data, "Folder for everything: database, repositories, slugs, sockets")
      ->required();
  app.add_option("--listen", listen, "Public address, host:port; repeatable [127.0.0.1:8080]");
  app.add_option("--https-listen", https_listen,
                 "The same for HTTPS, with the certificates of the configuration file; repeatable");
  app.add_option("--domain", domain, "Apps are served at APP.DOMAIN [localhost]");
  app.add_option("--config", config_file,
                 "Configuration file [DATA/davit.toml, where there is one]")
      ->check(CLI::ExistingFile);
  app.add_option("--level", level,
                 "Isolation of dynos: A (root), B (user namespaces), C (none of its own) [the best "
                 "that works here]")
      ->check(CLI::IsMember({"A", "B", "C"}));
  app.add_option("--programs", options.programs, "Folder of davit-router and davit-dyno");
  app.add_option("--buildpacks", options.buildpacks, "Folder of the bundled buildpacks");
  app.add_option("--boot-timeout", boot_timeout,
                 "A web dyno that does not listen within so long is stopped (R10) [60s]");
  app.add_flag("--no-router", no_router, "Somebody else starts davit-router");
  app.add_flag("--stop-all", stop_all,
               "End the router and every dyno of this data folder, then exit");
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
  std::error_code missing;
  if (config_file.empty() && fs::exists(fs::path(data) / "davit.toml", missing)) {
    config_file = fs::path(data) / "davit.toml";
  }
  if (!config_file.empty()) DAVIT_TRY(read_file_options(config_file, options));
  if (!domain.empty()) options.domain = domain;
  if (!listen.empty()) options.listen = listen;
  if (!https_listen.empty()) options.https_listen = https_listen;
  if (!boot_timeout.empty()) {
    DAVIT_TRY(set_boot_timeout(boot_timeout, options));
  }
  if (!valid_domain(options.domain)) {
    return fail(Errc::invalid_argument, "--domain '{}' is not a lower-case host name",
                options.domain);
  }
  for (const auto known : {dyno::Level::a, dyno::Level::b, dyno::Level::c}) {
    if (dyno::to_string(known) == level) options.level = known;
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
