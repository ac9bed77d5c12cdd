#include "server/daemon/daemon.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/time_format.hpp"
#include "server/api/api.hpp"
#include "server/auth/bootstrap.hpp"
#include "server/certs/certificate_watch.hpp"
#include "server/cron/scheduler_impl.hpp"
#include "server/daemon/app_repositories.hpp"
#include "server/daemon/build_settings.hpp"
#include "server/daemon/data_folder.hpp"
#include "server/daemon/doctor.hpp"
#include "server/daemon/dyno_policy.hpp"
#include "server/daemon/git_access.hpp"
#include "server/daemon/output_readers.hpp"
#include "server/daemon/recover.hpp"
#include "server/daemon/room_checks.hpp"
#include "server/daemon/sources_settings.hpp"
#include "server/daemon/state_file.hpp"
#include "server/dynos/cgroup_home.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/git/git_endpoint.hpp"
#include "server/http/server.hpp"
#include "server/inspection/inspector.hpp"
#include "server/metrics/metrics.hpp"
#include "server/network/networks.hpp"
#include "server/release/builds.hpp"
#include "server/release/deployer_impl.hpp"
#include "server/release/limits.hpp"
#include "server/release/source_builds.hpp"
#include "server/routing/router_link.hpp"
#include "server/runtimes/limits.hpp"
#include "server/runtimes/runtimes.hpp"
#include "server/scaling/autoscale_loop.hpp"
#include "server/sources/sources.hpp"
#include "server/sources/uploads.hpp"
#include "server/supervisor/supervisor_impl.hpp"
#include "store/database.hpp"
#include "store/vault.hpp"

namespace davit {
namespace {

constexpr std::size_t worker_threads = 4;
constexpr auto router_start_timeout = std::chrono::seconds(20);

// What must be there before anything runs: the data folder, the database, the first user.
struct Foundation {
  UniqueFd lock;
  std::unique_ptr<store::Vault> vault;
  std::unique_ptr<store::Database> database;
};

Result<> write_admin_file(const Paths& paths, const auth::AdminSecrets& admin) {
  const nlohmann::json json = {
      {"email", admin.email}, {"password", admin.password}, {"api_key", admin.api_key}};
  return write_file_atomic(paths.admin_file(), json.dump(2) + "\n", 0600);
}

Result<Foundation> lay_foundation(const Paths& paths) {
  Foundation foundation;
  auto lock = open_data_folder(paths);
  if (!lock) return std::move(lock).error();
  foundation.lock = std::move(*lock);
  auto vault = store::Vault::open(paths.master_key());
  if (!vault) return std::move(vault).error();
  foundation.vault = std::move(*vault);
  auto database = store::Database::open(paths.database(), *foundation.vault);
  if (!database) return std::move(database).error();
  foundation.database = std::move(*database);
  return foundation;
}

// "http 127.0.0.1:8080" or "http [::1]:8080" -> 8080
std::uint16_t port_of(const router::Hello& hello) {
  if (hello.listening.empty()) return 0;
  const std::string& first = hello.listening.front();
  return static_cast<std::uint16_t>(std::atoi(first.substr(first.rfind(':') + 1).c_str()));
}

// Of what the router listens on beyond loopback: those ports are open to dynos, as to everybody.
std::vector<std::uint16_t> public_ports(const std::vector<std::string>& listen) {
  std::vector<std::uint16_t> ports;
  for (const std::string& address : listen) {
    const int port = std::atoi(address.substr(address.rfind(':') + 1).c_str());
    const bool loopback = address.starts_with("127.") || address.starts_with("[::1]");
    if (!loopback && port > 0) ports.push_back(static_cast<std::uint16_t>(port));
  }
  return ports;
}

std::vector<std::string> control_hosts(const std::string& domain) {
  std::vector<std::string> hosts = {domain, "api." + domain, "git." + domain};
  if (domain == "localhost") hosts.insert(hosts.end(), {"127.0.0.1", "[::1]"});
  return hosts;
}

// What serves the outside. Made once the router has told its port: URLs are made of it.
struct Rooms {
  using MakeServices = std::function<api::Services(release::SourceBuilding&)>;
  Rooms(const Paths& paths, api::PlatformUrls platform_urls, const MakeServices& make_services,
        release::ReleaseServices release_services, sources::Sources& sources,
        sources::Uploads& uploads)
      : urls(std::move(platform_urls)),
        source_builds(release_services, deploys, sources, uploads),
        services(make_services(source_builds)),
        deploys(deploy_config()),
        deployer(release_services, deploys),
        access(services.store, services.authenticator, paths),
        git(services.executor, release_services.workers, access, deployer),
        api(services, {urls, DAVIT_VERSION}) {}

  release::DeployConfig deploy_config() const {
    release::DeployConfig config;
    config.as_root = ::geteuid() == 0;
    config.web_url = [this](const AppName& app) { return urls.web(app); };
    config.size_named = [this](const std::string& name) -> Result<std::string> {
      auto size = services.sizes.find(name);
      if (!size) return std::move(size).error();
      return std::move(size->name);
    };
    return config;
  }
  Task<> handle(http::Exchange& exchange) {
    if (git::GitEndpoint::serves(exchange.request().path)) {
      co_await git.handle(exchange);
    } else {
      co_await api.handle(exchange);
    }
  }

  const api::PlatformUrls urls;
  release::SourceBuilds source_builds;
  const api::Services services;
  const release::DeployConfig deploys;
  release::DeployerImpl deployer;
  GitAccess access;
  git::GitEndpoint git;
  api::Api api;
};

}  // namespace

struct Daemon::Impl {
  Impl(Options chosen, supervisor::DynoPolicy dyno_policy, Foundation laid,
       std::unique_ptr<asio::io_context> context, std::unique_ptr<dynos::Launcher> made_launcher,
       std::unique_ptr<logs::LogService> made_logs)
      : options(std::move(chosen)),
        policy(std::move(dyno_policy)),
        foundation(std::move(laid)),
        io(std::move(context)),
        launcher(std::move(made_launcher)),
        logs(std::move(made_logs)) {}

  asio::any_io_executor executor() { return io->get_executor(); }
  release::ReleaseServices release_services() {
    return {executor(), store,         workers,       supervisor,      *logs,
            *builder,   turns,         build_outputs, release_outputs, clock,
            random,     options.paths, *runtimes,     build_queue};
  }
  api::Services api_services(release::SourceBuilding& source_builds) {
    return {executor(),       store,        authenticator,  supervisor,   releases, *logs,
            app_repositories, build_reader, release_reader, doctor,       *metrics, *runtimes,
            *sources,         uploads,      source_builds,  policy.sizes, clock,    random,
            builds,           cron};
  }
  routing::RouterConfig router_config() const;
  build::BuildConfig build_config();
  runtimes::RuntimesConfig runtimes_config() const;
  network::Networks::Config network_config() const;
  certs::CertificateWatch::Named certificate_names() const;
  Task<> serve();
  Task<Result<>> start();
  Task<> shut_down();

  // In the order in which each needs the ones above; destroyed in reverse.
  const Options options;
  const supervisor::DynoPolicy policy;
  Foundation foundation;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<asio::io_context> io;
  store::Stores stores{*foundation.database};
  StoreThread store{stores};
  asio::thread_pool workers{worker_threads};
  std::unique_ptr<dynos::Launcher> launcher;
  std::unique_ptr<logs::LogService> logs;
  TaskGroup tasks{executor()};
  network::Networks networks{{executor(), *launcher, workers, random}, network_config()};
  auth::Authenticator authenticator{executor(), store, workers, clock, random};
  std::unique_ptr<metrics::Metrics> metrics =
      metrics::make_metrics(executor(), clock, options.paths.metrics());
  certs::CertificateWatch certificates{
      {executor(), workers, clock},
      options.certificate_files,
      certificate_names(),
      [this](certs::Entries entries) { router.set_certificates(std::move(entries)); }};
  routing::RouterLink router{{executor(), *logs, clock, metrics.get()}, router_config()};
  std::unique_ptr<supervisor::Prober> prober =
      supervisor::make_http_prober({options.domain, options.paths.dyno_sockets()});
  supervisor::SupervisorImpl supervisor{{executor(), store, workers, *launcher, networks, *logs,
                                         router, *prober, clock, random, options.paths, policy,
                                         metrics.get()}};
  cron::SchedulerImpl cron{{executor(), store, supervisor, *logs, clock, random}};
  std::unique_ptr<runtimes::Runtimes> runtimes =
      runtimes::make_runtimes(runtimes_config(), clock, random);
  std::unique_ptr<sources::Sources> sources =
      sources::make_sources(sources_config(options)).value();
  sources::Uploads uploads{options.paths.uploads(), workers, clock, random};
  std::unique_ptr<build::Builder> builder =
      build::make_builder(*launcher, workers, *runtimes, *sources, build_config());
  release::Turns turns{executor()};
  release::BuildQueue build_queue{
      executor(), options.build.at_once.value_or(release::default_builds_at_once(
                      std::thread::hardware_concurrency(), supervisor::machine_memory()))};
  release::BuildsImpl builds{build_queue, *builder, workers};
  release::OutputFiles build_outputs{executor(), options.paths.build_outputs(),
                                     release::limits::build_output_bytes_max};
  release::OutputFiles release_outputs{executor(), options.paths.release_outputs(),
                                       release::limits::release_output_bytes_max};
  OutputReaders build_reader{build_outputs};
  OutputReaders release_reader{release_outputs};
  release::ReleasesImpl releases{release_services()};
  scaling::AutoscaleLoop autoscaler{{executor(), store, supervisor, *metrics, *logs, clock},
                                    policy.autoscale};
  inspection::Inspector inspector{
      {executor(), workers, store, *launcher, clock,
       [this](const std::string& folder) { return builder->works_in(folder); }},
      {options.programs + "/davit-dyno", options.paths.dyno_sockets(), options.paths.scratch(),
       options.paths.builds()}};
  HostDoctor doctor{{workers, store, router, policy, clock, options.paths,
                     options.programs + "/davit-dyno", std::string(to_string(launcher->level()))}};
  AppRepositories app_repositories{workers, supervisor, options.paths};
  std::unique_ptr<Rooms> rooms;
  std::unique_ptr<http::Server> server;
  Result<> outcome;
};

routing::RouterConfig Daemon::Impl::router_config() const {
  routing::RouterConfig config;
  if (options.start_router) config.program = options.programs + "/davit-router";
  config.listen = options.listen;
  config.https_listen = options.https_listen;
  config.certificates = certificates.entries();
  config.arguments = options.router_arguments;
  config.control_socket = options.paths.router_socket();
  config.table_file = options.paths.router_table();
  config.domain = options.domain;
  config.control_hosts = control_hosts(options.domain);
  config.api_socket = options.paths.api_socket();
  config.dyno_sockets = options.paths.dyno_sockets();
  return config;
}

// Where HTTPS is served, davit.toml may name others at any time.
certs::CertificateWatch::Named Daemon::Impl::certificate_names() const {
  if (options.config_file.empty() || options.https_listen.empty()) return {};
  return [path = options.config_file]() -> Result<std::vector<certs::Pair>> {
    auto file = config::read_config_file(path);
    if (!file) return std::move(file).error();
    return std::move(file->router.certificates);
  };
}

network::Networks::Config Daemon::Impl::network_config() const {
  network::Networks::Config config;
  config.settings = options.network;
  config.data = options.paths.data;
  config.scratch = options.paths.scratch();
  config.api_socket = options.paths.api_socket();
  config.public_ports = public_ports(options.listen);
  for (const std::uint16_t port : public_ports(options.https_listen))
    config.public_ports.push_back(port);
  return config;
}

build::BuildConfig Daemon::Impl::build_config() {
  build::BuildConfig config = make_build_config(options, supervisor::machine_memory());
  config.network = [this] { return networks.for_build(); };
  return config;
}

runtimes::RuntimesConfig Daemon::Impl::runtimes_config() const {
  runtimes::RuntimesConfig config;
  config.folder = options.paths.runtimes();
  if (launcher->level() == dyno::Level::c) config.inside = config.folder;
  config.stack = options.dynos.stack.value_or("");
  config.environment = options.build_environment;
  config.use_distribution = options.runtimes.distribution;
  config.bytes_max = options.runtimes.disk_bytes.value_or(runtimes::limits::store_bytes_max);
  const auto choose = [](std::optional<std::string>& mirror,
                         const std::optional<std::string>& wanted) {
    if (wanted) mirror = *wanted == "off" ? std::nullopt : wanted;
  };
  choose(config.mirrors.node, options.runtimes.node);
  choose(config.mirrors.npm, options.runtimes.npm);
  choose(config.mirrors.python, options.runtimes.python);
  choose(config.mirrors.go, options.runtimes.go);
  choose(config.mirrors.java, options.runtimes.java);
  return config;
}

Task<Result<>> Daemon::Impl::start() {
  router.on_drained([this](const std::string& dyno) { supervisor.drained(dyno); });
  router.on_quiet([this](const AppId& app) { supervisor.quiet(app); });
  router.on_wanted([this](const AppId& app) { supervisor.wanted(app); });
  router.on_served(
      [this](const AppId& app, const TrafficFact& traffic) { supervisor.served(app, traffic); });
  tasks.spawn("router link", router.run());
  const auto hello = co_await router.first_hello(clock.steady() + router_start_timeout);
  if (!hello) co_return hello.error();

  const api::PlatformUrls urls{"http", options.domain, port_of(*hello)};
  const auto services = [this](release::SourceBuilding& builds) { return api_services(builds); };
  rooms =
      std::make_unique<Rooms>(options.paths, urls, services, release_services(), *sources, uploads);
  http::ServerConfig config;
  config.unix_path = options.paths.api_socket();
  server = std::make_unique<http::Server>(
      executor(), config, [this](http::Exchange& exchange) { return rooms->handle(exchange); });
  DAVIT_CO_TRY(server->listen());

  co_await networks.start();
  doctor.add([this] { return check_networks(networks); });
  doctor.add([this] { return check_leftovers(inspector.report()); });
  tasks.spawn("certificate watch", certificates.run());
  tasks.spawn("certificate hang-ups", certificates.on_hangup());
  tasks.spawn("network guard", networks.guard());
  tasks.spawn("metrics", metrics->run());
  tasks.spawn("memory guard", supervisor.guard_memory());
  tasks.spawn("autoscaler", autoscaler.run());
  // Only now does the router get a table: it served on with the old one until all of it is known
  // again.
  co_await cron.recall();
  supervisor.on_one_off_end(
      [this](const DynoId& dyno, const supervisor::Ending& ending) { cron.ended(dyno, ending); });
  co_await supervisor.start();
  tasks.spawn("cron", cron.run());
  router.enable();
  tasks.spawn("inspector", inspector.run());
  tasks.spawn("http server", server->run());
  DAVIT_CO_TRY(co_await router.applied(clock.steady() + router_start_timeout));
  int router_pid = hello->pid;
  const auto upgraded = co_await router.upgrade(clock.steady() + router_start_timeout);
  if (upgraded)
    router_pid = *upgraded;
  else
    log::error("the old router serves on", {{"why", upgraded.error().message}});
  const RunningState state{::getpid(),     router_pid,     urls.control(),
                           urls.control(), urls.control(), options.domain};
  DAVIT_CO_TRY(write_state_file(options.paths, state));
  log::info("davitd ready", {{"url", urls.control()}, {"level", to_string(launcher->level())}});
  co_return Result<>();
}

Task<> Daemon::Impl::serve() {
  asio::signal_set signals(executor(), SIGTERM, SIGINT);
  outcome = co_await start();
  if (outcome) {
    const int number = co_await signals.async_wait(asio::use_awaitable);
    log::info("davitd ends; dynos and router go on", {{"signal", number}});
  }
  co_await shut_down();
}

Task<> Daemon::Impl::shut_down() {
  build_queue.end();
  if (rooms) rooms->git.stop();
  if (server) server->stop();
  runtimes->stop();
  sources->stop();
  tasks.cancel();
  co_await tasks.join();
  if (rooms) co_await rooms->source_builds.stop();
  co_await releases.stop();
  co_await cron.stop();
  co_await supervisor.shut_down();
  co_await cron.stop();
  networks.stop();
}

Result<std::unique_ptr<Daemon>> Daemon::open(Options options) {
  auto policy = make_dyno_policy(options, supervisor::machine_memory());
  if (!policy) return std::move(policy).error();
  auto foundation = lay_foundation(options.paths);
  if (!foundation) return std::move(foundation).error();
  if (const auto settled = dynos::settle_in_cgroup(); !settled) {
    log::warning("no limits by cgroup v2", {{"why", settled.error().message}});
  }
  auto io = std::make_unique<asio::io_context>(1);
  auto launcher = dynos::make_launcher(
      io->get_executor(), {options.programs + "/davit-dyno", options.paths.dyno_sockets(),
                           options.level, options.dynos.stack.value_or("")});
  if (!launcher) return std::move(launcher).error();
  for (const auto& sentence : (*launcher)->missing()) {
    log::warning("dynos are less isolated here", {{"missing", sentence}});
  }
  if (options.dynos.stack && (*launcher)->level() == dyno::Level::c) {
    log::warning("dynos.stack is not used: at level C dynos see the host's own system folders");
  }
  logs::LogConfig log_config;
  log_config.directory = options.paths.logs();
  auto logs = logs::make_log_service(io->get_executor(), log_config);
  if (!logs) return std::move(logs).error();
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*policy), std::move(*foundation),
                                     std::move(io), std::move(*launcher), std::move(*logs));
  // Before the store has its thread: these may block.
  auto admin = auth::ensure_admin(impl->stores, impl->options.domain, impl->clock, impl->random);
  if (!admin) return std::move(admin).error();
  if (*admin) DAVIT_TRY(write_admin_file(impl->options.paths, **admin));
  recover_builds(impl->stores, impl->options.paths, impl->clock.wall());
  recover_releases(impl->stores, impl->clock.wall());
  impl->builder->clean_leftovers();
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

Result<> Daemon::run() {
  asio::co_spawn(*impl_->io, impl_->serve(), [this](std::exception_ptr failure) {
    // All coroutines are joined. What is left only waits for the end of dynos, which go on without
    // us.
    impl_->io->stop();
    if (failure) std::rethrow_exception(failure);
  });
  impl_->io->run();
  return impl_->outcome;
}

}  // namespace davit
